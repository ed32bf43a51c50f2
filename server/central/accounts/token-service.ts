/** API tokens: a part of somebody's permissions for a script, for a limited time. */

import { isWithinScope, narrowerScope } from '../../protocol/api/scope.ts'
import type { Session } from '../../protocol/api/session.ts'
import type { ApiToken, CreatedApiToken, NewApiToken } from '../../protocol/api/tokens.ts'
import { TOKEN_PREFIX } from '../../protocol/api/tokens.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Write } from '../store/stores.ts'
import type { StoredToken, TokenStore } from '../store/token-store.ts'
import type { UserStore } from '../store/user-store.ts'
import { permissionsOf } from './role-permissions.ts'
import { hashSecret, newSecret } from './secrets.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** "Last used" is for people who tidy up; a write for each request would cost more than it tells. */
const LAST_USED_STEP_MS = 60_000

export interface TokenService {
  list(owner: Session): ApiToken[]
  /** Throws NOT_PERMITTED for what the owner may not do either. */
  create(request: NewApiToken, owner: Session): CreatedApiToken
  /** Throws TOKEN_NOT_FOUND, also for somebody else's where users may not be managed. */
  end(tokenId: number, actor: Session): void
  /** Undefined: no such token, or not any more. */
  find(secret: string): Session | undefined
}

export function createTokenService(parts: {
  tokens: TokenStore
  users: UserStore
  write: Write
  audit: AuditLog
  clock: Clock
}): TokenService {
  const { tokens, users, write, audit, clock } = parts

  const listFor = (owner: Session): StoredToken[] => {
    const seesAll = owner.permissions.includes('users.manage')
    return tokens.list(seesAll ? null : userNoOf(users, owner), clock.now())
  }

  return {
    list: (owner) => listFor(owner).map(toApiToken),

    create: ({ name, permissions, validForDays, scope = null }, owner) => {
      const excess = permissions.filter((permission) => !owner.permissions.includes(permission))
      if (excess.length > 0) {
        const message = `a token can be given no more than its owner has; you lack ${excess.join(', ')}`
        throw new AppError('NOT_PERMITTED', 403, message)
      }
      if (scope !== null && !isWithinScope(scope, owner.scope)) {
        const message = `a token can be for no more machines than its owner: ${owner.scope!.join(', ')}`
        throw new AppError('NOT_PERMITTED', 403, message)
      }
      const secret = newSecret(TOKEN_PREFIX)
      const now = clock.now()
      const expiresAt = now + validForDays * DAY_MS
      const userNo = userNoOf(users, owner)
      const tokenId = write(() => {
        const token = { tokenHash: hashSecret(secret), userNo, name, permissions, scope, expiresAt }
        const id = tokens.add(token, now)
        audit.record(owner.username, 'token.created', name, { permissions, scope, validForDays })
        return id
      })
      const { username, role, source } = owner
      const head = { tokenId, username, role, source, name, permissions, expiresAt }
      const stored = { ...head, scope, userScope: owner.scope }
      return { ...toApiToken({ ...stored, createdAt: now, lastUsedAt: null }), secret }
    },

    end: (tokenId, actor) => {
      const token = listFor(actor).find((candidate) => candidate.tokenId === tokenId)
      if (token === undefined) {
        throw new AppError('TOKEN_NOT_FOUND', 404, `there is no token ${tokenId} of yours`)
      }
      write(() => {
        tokens.end(tokenId, clock.now())
        audit.record(actor.username, 'token.ended', token.name, { owner: token.username })
      })
    },

    find: (secret) => {
      if (!secret.startsWith(TOKEN_PREFIX)) return undefined
      const token = tokens.find(hashSecret(secret), clock.now())
      if (token === undefined) return undefined
      if (clock.now() - (token.lastUsedAt ?? 0) > LAST_USED_STEP_MS) {
        tokens.setLastUsed(token.tokenId, clock.now())
      }
      const scope = narrowerScope(token.scope, token.userScope)
      return {
        username: token.username,
        role: token.role,
        source: token.source,
        permissions: permissionsOf(token.role, scope, token.permissions),
        scope,
        expiresAt: toTimestamp(token.expiresAt),
        missing: null,
        sessionId: null,
        tokenName: token.name,
      }
    },
  }
}

function userNoOf(users: UserStore, { username }: Session): number {
  const user = users.find(username)
  if (user === undefined) throw new Error(`a session without a user: ${username}`)
  return user.userNo
}

function toApiToken(token: Omit<StoredToken, 'userNo'>): ApiToken {
  const { tokenId, name, username, role, permissions } = token
  const scope = narrowerScope(token.scope, token.userScope)
  return {
    tokenId,
    name,
    username,
    permissions: permissionsOf(role, scope, permissions),
    scope,
    createdAt: toTimestamp(token.createdAt),
    expiresAt: toTimestamp(token.expiresAt),
    lastUsedAt: token.lastUsedAt === null ? null : toTimestamp(token.lastUsedAt),
  }
}
