/** `sidestream user …` and `sidestream token …`: accounts of a central, and which machines they are for. */
import type { PermissionName, Role } from '../protocol/api/permission-table.ts'
import type { EffectiveScope } from '../protocol/api/scope.ts'
import type { ApiToken, CreatedApiToken } from '../protocol/api/tokens.ts'
import type { User } from '../protocol/api/users.ts'
import { type AccessFlags, type CentralClient, readSecret } from './central-client.ts'
import type { Environment } from './cli-context.ts'
import { badUsage } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { plainTable, renderPlain } from './plain-table.ts'
import type { Terminal } from './terminal.ts'
import { withCentral } from './with-central.ts'

/** Labels; with `allMachines` none. Neither: as it is, or for what is new all machines. */
export interface ScopeFlags {
  readonly scope?: string[]
  readonly allMachines?: true
}
export interface AddUserFlags extends AccessFlags, ScopeFlags {
  readonly role: Role
  readonly newPasswordFile: string
}
export interface ChangeUserFlags extends AccessFlags, ScopeFlags {
  readonly role?: Role
}
export interface CreateTokenFlags extends AccessFlags, ScopeFlags {
  readonly may: PermissionName[]
  readonly days: number
}

export interface AccountContext {
  readonly environment: Environment
  readonly terminal: Terminal
}

export function listUsers(flags: AccessFlags, context: AccountContext): Promise<number> {
  return signedIn(flags, context, async (client, terminal) => {
    const { users } = await client.get<{ users: User[] }>('/users')
    const table = plainTable({ head: ['User', 'Role', 'Machines', 'From', 'State'] })
    for (const { username, role, scope, source, isDisabled } of users) {
      table.push([username, role, machines(scope), source, isDisabled ? 'disabled' : 'active'])
    }
    await terminal.write(renderPlain(table))
  })
}

export function addUser(
  username: string,
  flags: AddUserFlags,
  context: AccountContext,
): Promise<number> {
  const password = readSecret(flags.newPasswordFile, 'new password')
  const scope = scopeFrom(flags) ?? null
  return signedIn(flags, context, async (client, terminal) => {
    await client.post('/users', { username, password, role: flags.role, scope })
    await terminal.write(`${username} can sign in as ${flags.role}, for ${machines(scope)}.\n`)
  })
}

export function changeUser(
  username: string,
  flags: ChangeUserFlags,
  context: AccountContext,
): Promise<number> {
  const scope = scopeFrom(flags)
  const change = {
    ...(flags.role === undefined ? {} : { role: flags.role }),
    ...(scope === undefined ? {} : { scope }),
  }
  if (Object.keys(change).length === 0) {
    throw badUsage('what is to change? give --role, --scope or --all-machines')
  }
  return signedIn(flags, context, async (client, terminal) => {
    const path = `/users/${encodeURIComponent(username)}`
    const user = await client.patch<User>(path, change)
    await terminal.write(
      `${user.username} is ${user.role}, for ${machines(user.scope)}; open sessions are over.\n`,
    )
  })
}

export function listTokens(flags: AccessFlags, context: AccountContext): Promise<number> {
  return signedIn(flags, context, async (client, terminal) => {
    const { tokens } = await client.get<{ tokens: ApiToken[] }>('/tokens')
    const table = plainTable({ head: ['No', 'Token', 'Of', 'Machines', 'Ends', 'May'] })
    for (const { tokenId, name, username, scope, expiresAt, permissions } of tokens) {
      table.push([tokenId, name, username, machines(scope), expiresAt, permissions.join(' ')])
    }
    await terminal.write(renderPlain(table))
  })
}

/** The secret alone on standard output, so that it can go into a file. */
export function createToken(
  name: string,
  flags: CreateTokenFlags,
  context: AccountContext,
): Promise<number> {
  const { may: permissions, days: validForDays } = flags
  const scope = scopeFrom(flags) ?? null
  return signedIn(flags, context, async (client, terminal) => {
    const body = { name, permissions, validForDays, scope }
    const token = await client.post<CreatedApiToken>('/tokens', body)
    terminal.note(`token ${token.tokenId}, for ${machines(token.scope)}, until ${token.expiresAt}`)
    await terminal.write(`${token.secret}\n`)
  })
}

export function endToken(
  tokenId: number,
  flags: AccessFlags,
  context: AccountContext,
): Promise<number> {
  return signedIn(flags, context, async (client, terminal) => {
    await client.delete(`/tokens/${tokenId}`)
    await terminal.write(`Token ${tokenId} does not work any more.\n`)
  })
}

async function signedIn(
  flags: AccessFlags,
  { environment, terminal }: AccountContext,
  work: (client: CentralClient, terminal: Terminal) => Promise<void>,
): Promise<number> {
  await withCentral(flags, environment, terminal, (client) => work(client, terminal))
  return ExitCode.complete
}

function scopeFrom({ scope, allMachines }: ScopeFlags): EffectiveScope | undefined {
  if (scope !== undefined && allMachines === true) {
    throw badUsage('--scope and --all-machines exclude each other')
  }
  return allMachines === true ? null : scope
}

function machines(scope: EffectiveScope): string {
  if (scope === null) return 'all machines'
  return scope.length === 0 ? 'no machine' : `machines with ${scope.join(' or ')}`
}
