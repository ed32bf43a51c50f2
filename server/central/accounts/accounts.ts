/** The services around accounts, put together. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Stores } from '../store/stores.ts'
import { createDirectoryAccounts, type DirectoryAccounts } from './directory/directory-accounts.ts'
import { loadDirectoryConfig } from './directory/directory-config.ts'
import { loadOpenIdConfig } from './openid/openid-config.ts'
import { createOpenIdSignIn, type OpenIdSignIn } from './openid/openid-sign-in.ts'
import { createScopeService, type ScopeService } from './scope-service.ts'
import { createSecondFactorService, type SecondFactorService } from './second-factor-service.ts'
import { createSessionService, type SessionService } from './session-service.ts'
import { createSignInLimit } from './sign-in-limit.ts'
import { createSignInService, type SignInService } from './sign-in-service.ts'
import { createTokenService, type TokenService } from './token-service.ts'
import { createUserService, type UserService } from './user-service.ts'
import { createVouchedAccounts, type VouchedAccounts } from './vouched-accounts.ts'

export interface Accounts {
  sessions: SessionService
  signIns: SignInService
  users: UserService
  tokens: TokenService
  scopes: ScopeService
  factors: SecondFactorService
  /** Null: not set up. */
  openId: OpenIdSignIn | null
  stop(): void
}

export interface AccountsParts
  extends Pick<Stores, 'users' | 'sessions' | 'tokens' | 'factors' | 'scopes' | 'write'> {
  audit: AuditLog
  clock: Clock
  logger: Logger
  dataDir: string
  directoryFile?: string | undefined
  openIdFile?: string | undefined
}

/** Throws DIRECTORY_CONFIG_INVALID, OPENID_CONFIG_INVALID. */
export function createAccounts(parts: AccountsParts): Accounts {
  const shared = { ...parts, signInLimit: createSignInLimit(parts.clock) }
  const sessions = createSessionService(shared)
  const factors = createSecondFactorService({
    ...shared,
    store: parts.factors,
    completeSession: sessions.complete,
  })
  const vouched = createVouchedAccounts(shared)
  const directory = directoryOf(parts, vouched)
  const openIdFile = configFileOf(parts.openIdFile, join(parts.dataDir, 'openid.json'))
  return {
    openId:
      openIdFile === undefined
        ? null
        : createOpenIdSignIn(loadOpenIdConfig(openIdFile), { ...shared, sessions, vouched }),
    sessions,
    signIns: createSignInService({ ...shared, sessions, factors, directory }),
    users: createUserService(shared),
    tokens: createTokenService(shared),
    scopes: createScopeService(parts.scopes),
    factors,
    stop: () => directory?.stop(),
  }
}

function directoryOf(parts: AccountsParts, vouched: VouchedAccounts): DirectoryAccounts | null {
  const file = configFileOf(parts.directoryFile, join(parts.dataDir, 'directory.json'))
  if (file === undefined) return null
  return createDirectoryAccounts(loadDirectoryConfig(file), { ...parts, vouched })
}

/** What was named must be there; what was not is used if it is. */
function configFileOf(named: string | undefined, usual: string): string | undefined {
  return named ?? (existsSync(usual) ? usual : undefined)
}
