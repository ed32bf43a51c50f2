/**
 * `directory.json`: which directory (LDAP) people sign in with, and which of its groups mean which role. Read at start;
 * what is wrong with it is said by its place in the file. Secrets are in files of their own, beside it.
 */
import { FilterParser } from 'ldapts'
import { type Static, Type } from 'typebox'
import { Role } from '../../../protocol/api/permissions.ts'
import { AccountScope } from '../../../protocol/api/scope.ts'
import { AppError } from '../../../shared/app-error.ts'
import { readBeside, readConfigFile, readSecretBeside } from '../config-file.ts'
import { isLoopback } from '../is-loopback.ts'

const strict = { additionalProperties: false } as const
const Dn = Type.String({ minLength: 3, maxLength: 1_024, pattern: '=' })
const AttributeName = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9;-]{0,63}$' })
const FileName = Type.String({ minLength: 1, maxLength: 1_024 })

const DirectoryFile = Type.Object(
  {
    /** `ldaps://…`, or `ldap://…` with `startTls`. Passwords go in plain text to a loopback address only. */
    url: Type.String({ pattern: '^ldaps?://[^/?#@\\s]+/?$' }),
    startTls: Type.Boolean({ default: false }),
    /** PEM of the authority that signed the directory's certificate; the system's authorities if left out. */
    caFile: Type.Optional(FileName),
    /** For a whole sign-in, or one look-up. */
    timeoutSeconds: Type.Integer({ minimum: 1, maximum: 60, default: 10 }),
    /** As whom people and groups are read. A person's password is always proved by binding as the entry found. */
    readAs: Type.Union([
      Type.Object({ as: Type.Literal('service'), dn: Dn, passwordFile: FileName }, strict),
      /** Active Directory, each person as itself: `name@suffix`, or the name as typed if it has an @. */
      Type.Object(
        { as: Type.Literal('upn'), suffix: Type.String({ pattern: '^[A-Za-z0-9.-]+$' }) },
        strict,
      ),
      /** Each person as itself: `uid={username},ou=people,dc=example,dc=com` */
      Type.Object(
        {
          as: Type.Literal('template'),
          dn: Type.String({ maxLength: 1_024, pattern: '=\\{username\\}' }),
        },
        strict,
      ),
    ]),
    users: Type.Object(
      {
        base: Dn,
        /** Becomes the name of the account. */
        name: AttributeName,
        /** What people may type as their name; `name` if left out. */
        signInBy: Type.Optional(Type.Array(AttributeName, { minItems: 1, maxItems: 4 })),
        /** Stays the same whatever a person is called: entryUUID, objectGUID. */
        id: AttributeName,
        /** Who counts at all, e.g. not disabled: `(!(userAccountControl:1.2.840.113556.1.4.803:=2))`. */
        filter: Type.String({
          pattern: '^\\(.+\\)$',
          maxLength: 1_024,
          default: '(objectClass=*)',
        }),
      },
      strict,
    ),
    groups: Type.Object(
      {
        /** Attribute of a group that names its members by DN. */
        member: Type.Unsafe<string>({ ...AttributeName, default: 'member' }),
        /** Groups in groups: not at all, by Active Directory's matching rule, or by asking step by step below `base`. */
        nested: Type.Union([Type.Literal('no'), Type.Literal('rule'), Type.Literal('walk')], {
          default: 'no',
        }),
        base: Type.Optional(Dn),
      },
      { ...strict, default: {} },
    ),
    /** The first whose group has the person counts. With `scope`: for machines with one of these labels only. In none of them: no access. */
    roles: Type.Array(
      Type.Object({ group: Dn, role: Role, scope: Type.Optional(AccountScope) }, strict),
      { minItems: 1, maxItems: 32 },
    ),
    /** How often a service account looks up again who is signed in or has a token. */
    recheckMinutes: Type.Number({ minimum: 0.001, maximum: 1_440, default: 15 }),
    /** How long the last look-up counts while the directory does not answer; of people who read as themselves, the last sign-in. */
    trustMinutes: Type.Number({ minimum: 0.001, maximum: 10_080, default: 480 }),
  },
  strict,
)
type DirectoryFile = Static<typeof DirectoryFile>

export type Reader =
  | { as: 'service'; dn: string; password: string }
  | { as: 'upn'; suffix: string }
  | { as: 'template'; dn: string }

export interface DirectoryConfig extends Omit<DirectoryFile, 'caFile' | 'readAs'> {
  host: string
  /** PEM; undefined: the system's authorities. */
  ca: string | undefined
  readAs: Reader
}

/** Throws DIRECTORY_CONFIG_INVALID. */
export function loadDirectoryConfig(path: string): DirectoryConfig {
  const fail = (what: string): never => {
    throw new AppError('DIRECTORY_CONFIG_INVALID', 500, `${path}: ${what}`)
  }
  const { caFile, readAs, ...file } = readConfigFile(path, DirectoryFile, fail)
  const url = new URL(file.url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol === 'ldap:' && !file.startTls && !isLoopback(host)) {
    fail('passwords would go over the network in plain text; use ldaps://, or "startTls": true')
  }
  if (url.protocol === 'ldaps:' && file.startTls) fail('"startTls" is for ldap://, not ldaps://')
  if (file.groups.nested === 'walk' && file.groups.base === undefined) {
    fail('to walk through nested groups, "groups" needs a "base"')
  }
  if (!isFilter(file.users.filter)) fail('/users/filter: is not an LDAP filter')
  const ca = caFile === undefined ? undefined : readBeside(path, caFile, fail)
  return { ...file, host, ca, readAs: readerOf(readAs, path, fail) }
}

function readerOf(
  readAs: DirectoryFile['readAs'],
  path: string,
  fail: (what: string) => never,
): Reader {
  if (readAs.as !== 'service') return readAs
  const { as, dn, passwordFile } = readAs
  return { as, dn, password: readSecretBeside(path, passwordFile, fail) }
}

function isFilter(text: string): boolean {
  try {
    FilterParser.parseString(text)
    return true
  } catch {
    return false
  }
}
