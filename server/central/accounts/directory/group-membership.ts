/** Whether somebody is in a group: asked of the directory, which alone knows when two DNs are the same. */
import {
  type Client,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  NoSuchObjectError,
  OrFilter,
} from 'ldapts'
import type { DirectoryConfig } from './directory-config.ts'

/** LDAP_MATCHING_RULE_IN_CHAIN: Active Directory follows nested groups itself. */
const IN_CHAIN = '1.2.840.113556.1.4.1941'
/** Of groups in groups. Deeper, or more, is a fault of the directory. */
const MAX_DEPTH = 10
const MAX_GROUPS = 500

type Groups = DirectoryConfig['groups']

export async function hasMember(
  client: Client,
  group: string,
  dn: string,
  groups: Groups,
): Promise<boolean> {
  const members =
    groups.nested === 'walk' ? [dn, ...(await groupsAround(client, dn, groups))] : [dn]
  try {
    const { searchEntries } = await client.search(group, {
      scope: 'base',
      derefAliases: 'never',
      filter: names(members, groups),
      attributes: ['1.1'],
    })
    return searchEntries.length > 0
  } catch (error) {
    if (error instanceof NoSuchObjectError) return false
    throw error
  }
}

function names(dns: readonly string[], { member, nested }: Groups): Filter {
  const filters = dns.map((value) =>
    nested === 'rule'
      ? new ExtensibleFilter({ matchType: member, rule: IN_CHAIN, value })
      : new EqualityFilter({ attribute: member, value }),
  )
  return new OrFilter({ filters })
}

/** All groups that have `dn` in them, or a group that has. */
async function groupsAround(client: Client, dn: string, groups: Groups): Promise<string[]> {
  const found = new Map<string, string>()
  let outermost = [dn]
  for (let depth = 0; outermost.length > 0; depth += 1) {
    if (depth === MAX_DEPTH || found.size > MAX_GROUPS) {
      throw new Error(`the groups around ${dn} are nested too deep, or too many`)
    }
    const { searchEntries } = await client.search(groups.base!, {
      scope: 'sub',
      derefAliases: 'never',
      filter: names(outermost, groups),
      attributes: ['1.1'],
      sizeLimit: MAX_GROUPS,
    })
    const further = searchEntries.filter((entry) => !found.has(entry.dn.toLowerCase()))
    for (const entry of further) found.set(entry.dn.toLowerCase(), entry.dn)
    outermost = further.map((entry) => entry.dn)
  }
  return [...found.values()]
}
