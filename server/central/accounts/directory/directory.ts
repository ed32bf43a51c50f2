/**
 * Asks a directory (LDAP, Active Directory) who somebody is: whether the password is right, and which role the groups
 * give. Keeps nothing.
 */
import {
  AndFilter,
  type Client,
  type Entry,
  EqualityFilter,
  type Filter,
  FilterParser,
  InvalidCredentialsError,
  InvalidDNSyntaxError,
  NoSuchObjectError,
  OrFilter,
  SizeLimitExceededError,
} from 'ldapts'
import { Value } from 'typebox/value'
import type { Role } from '../../../protocol/api/permission-table.ts'
import type { EffectiveScope } from '../../../protocol/api/scope.ts'
import { Username } from '../../../protocol/api/users.ts'
import type { DirectoryConfig } from './directory-config.ts'
import { converse, type OpenConnection } from './directory-conversation.ts'
import { hasMember } from './group-membership.ts'

export interface DirectoryPerson {
  /** Hex of the id attribute. */
  externalId: string
  username: string
  role: Role
  scope: EffectiveScope
}

export type DirectoryRefusal = 'unknown' | 'password' | 'ambiguous' | 'no-group'
export type DirectoryAnswer = DirectoryPerson | { refused: DirectoryRefusal }

/** Both throw when the directory cannot be asked; the message holds no secret. */
export interface Directory {
  authenticate(username: string, password: string): Promise<DirectoryAnswer>
  /** Needs a service account. */
  lookUp(externalId: string): Promise<DirectoryAnswer>
}

/** What a password is tried on where there is nobody of the name, so that both take the same steps. */
const NOBODY = 'cn=nobody-of-this-name'

export function createDirectory(config: DirectoryConfig): Directory {
  const { users, readAs } = config
  const usersFilter = FilterParser.parseString(users.filter)

  const find = async (reader: Client, whom: Filter): Promise<Entry | DirectoryRefusal> => {
    const { searchEntries } = await reader
      .search(users.base, {
        scope: 'sub',
        derefAliases: 'never',
        filter: new AndFilter({ filters: [usersFilter, whom] }),
        attributes: [users.name, users.id],
        explicitBufferAttributes: [users.id],
        sizeLimit: 2,
      })
      .catch(asAmbiguous)
    const [entry, another] = searchEntries
    return another !== undefined ? 'ambiguous' : (entry ?? 'unknown')
  }

  const personOf = async (reader: Client, entry: Entry): Promise<DirectoryAnswer> => {
    const id = attributeOf(entry, users.id)
    const name = attributeOf(entry, users.name)
    if (id === undefined || name === undefined) return { refused: 'unknown' }
    for (const { group, role, scope = null } of config.roles) {
      if (!(await hasMember(reader, group, entry.dn, config.groups))) continue
      const externalId = Buffer.from(id).toString('hex')
      return { externalId, username: name.toString(), role, scope }
    }
    return { refused: 'no-group' }
  }

  /** Null: the password is wrong. */
  const openReader = async (
    open: OpenConnection,
    username: string,
    password: string,
  ): Promise<Client | null> => {
    const reader = await open()
    if (readAs.as === 'service') {
      await reader.bind(readAs.dn, readAs.password)
      return reader
    }
    const dn = readAs.as === 'upn' ? toUpn(username, readAs.suffix) : fill(readAs.dn, username)
    return (await isPasswordOf(reader, dn, password)) ? reader : null
  }

  const whomFor = (username: string): Filter => {
    const values = new Set([username])
    if (readAs.as === 'upn') values.add(toUpn(username, readAs.suffix))
    const attributes = users.signInBy ?? [users.name]
    const filters = attributes.flatMap((attribute) =>
      // A value of its own in the request, not a part of a filter's text: there is nothing to escape from.
      [...values].map((value) => new EqualityFilter({ attribute, value })),
    )
    return new OrFilter({ filters })
  }

  return {
    authenticate: async (username, password) => {
      // A bind without a password "succeeds" as nobody (RFC 4513, 5.1.2).
      if (password === '') return { refused: 'password' }
      // Without anything that means something in a DN, or to the SASL mechanisms of the library.
      if (!Value.Check(Username, username)) return { refused: 'unknown' }
      return converse(config, async (open) => {
        const reader = await openReader(open, username, password)
        if (reader === null) return { refused: 'password' }
        const entry = await find(reader, whomFor(username))
        const dn = typeof entry === 'string' ? NOBODY : entry.dn
        // On the very entry that was found: another's UPN may look like this one's name.
        const isRight = await isPasswordOf(await open(), dn, password)
        if (typeof entry === 'string') return { refused: entry }
        return isRight ? personOf(reader, entry) : { refused: 'password' }
      })
    },

    lookUp: async (externalId) => {
      if (readAs.as !== 'service') throw new Error('there is no service account to look up with')
      return converse(config, async (open) => {
        const reader = await open()
        await reader.bind(readAs.dn, readAs.password)
        const value = Buffer.from(externalId, 'hex')
        const entry = await find(reader, new EqualityFilter({ attribute: users.id, value }))
        return typeof entry === 'string' ? { refused: entry } : personOf(reader, entry)
      })
    },
  }
}

function toUpn(username: string, suffix: string): string {
  return username.includes('@') ? username : `${username}@${suffix}`
}

function fill(template: string, username: string): string {
  return template.replaceAll('{username}', () => username)
}

async function isPasswordOf(client: Client, dn: string, password: string): Promise<boolean> {
  try {
    await client.bind(dn, password)
    return true
  } catch (error) {
    const isRefusal =
      error instanceof InvalidCredentialsError ||
      error instanceof NoSuchObjectError ||
      error instanceof InvalidDNSyntaxError
    if (isRefusal) return false
    throw error
  }
}

function asAmbiguous(error: unknown): { searchEntries: Entry[] } {
  if (!(error instanceof SizeLimitExceededError)) throw error
  return { searchEntries: [{ dn: '' }, { dn: '' }] }
}

/** A directory answers with its own case of an attribute's name. */
function attributeOf(entry: Entry, name: string): Buffer | string | undefined {
  const key = Object.keys(entry).find((each) => each.toLowerCase() === name.toLowerCase())
  const [value] = key === undefined ? [] : [entry[key]].flat()
  return value
}
