/**
 * Who may use a route. Denied unless said otherwise: a route that does not declare its access does not start, and the
 * access is checked before anything of the request is read.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { PermissionName } from '../../protocol/api/permission-table.ts'
import type { Session } from '../../protocol/api/session.ts'
import { AppError } from '../../shared/app-error.ts'
import type { SessionService } from '../accounts/session-service.ts'
import type { TokenService } from '../accounts/token-service.ts'
import type { AuditLog } from '../audit/audit-log.ts'

export const SESSION_COOKIE = 'sidestream_session'

/**
 * `public`: strangers too. `signed-in`: every user, also with a token, or before the second factor. `half-way`: every
 * user, also before the second factor, not with a token. `in-person`: every user, not with a token: what concerns the
 * account itself. A permission: who has it.
 */
export type Access = 'public' | 'signed-in' | 'half-way' | 'in-person' | PermissionName

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
  interface FastifyRequest {
    /** Who asks; null on public routes. */
    session: Session | null
  }
  interface FastifyInstance {
    /** `METHOD /url` → access, of every route there is. */
    routeAccess: Map<string, Access>
    /** Those of them that are WebSockets. */
    webSockets: Set<string>
  }
}

export interface AccessParts {
  sessions: SessionService
  tokens: TokenService
  audit: AuditLog
  allowedOrigins: readonly string[]
}

const NOT_PERMITTED = 'NOT_PERMITTED'

const STATE_KEEPING = new Set(['GET', 'HEAD', 'OPTIONS'])

export function guardRoutes(app: FastifyInstance, parts: AccessParts): void {
  const routeAccess = new Map<string, Access>()
  const webSockets = new Set<string>()
  const recordDenied = deniedRecorder(parts.audit)
  app.decorate('routeAccess', routeAccess)
  app.decorate('webSockets', webSockets)
  app.decorateRequest('session', null)

  app.addHook('onRoute', ({ method, url, config, websocket }) => {
    const access = config?.access
    if (access === undefined)
      throw new Error(`${String(method)} ${url} does not declare its access`)
    for (const name of [method].flat()) {
      routeAccess.set(`${name} ${url}`, access)
      // HEAD comes with every GET, and is no way to open one.
      if (websocket === true && name === 'GET') webSockets.add(`${name} ${url}`)
    }
  })

  // onRequest, not preHandler: a stranger's body is neither read nor checked.
  app.addHook('onRequest', async (request) => {
    // What is not a route has no access to check; it ends as 404.
    if (request.is404) return
    const changesState = !STATE_KEEPING.has(request.method) || request.ws
    if (changesState) checkOrigin(request, parts.allowedOrigins)
    const { access } = request.routeOptions.config
    if (access === 'public') return
    request.session = requireSession(request, parts)
    const refusal = refusalOf(request.session, access as Exclude<Access, 'public'>)
    if (refusal !== null) throw refusal
  })

  app.addHook('onError', async (request, _reply, error) => {
    if (error instanceof AppError && error.code === NOT_PERMITTED) recordDenied(request)
  })
}

/** By its token, or else by its cookie. Undefined: nobody, or not any more. */
export function findSession(
  request: FastifyRequest,
  { sessions, tokens }: Pick<AccessParts, 'sessions' | 'tokens'>,
): Session | undefined {
  const secret = bearerOf(request)
  if (secret !== undefined) return tokens.find(secret)
  const cookie = request.cookies[SESSION_COOKIE]
  return cookie === undefined ? undefined : sessions.find(cookie)
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}

function requireSession(request: FastifyRequest, parts: AccessParts): Session {
  const session = findSession(request, parts)
  if (session !== undefined) return session
  const hasToken = bearerOf(request) !== undefined
  const message = hasToken ? 'this token is not valid (any more)' : 'sign in first'
  throw new AppError('NOT_SIGNED_IN', 401, message)
}

function refusalOf(session: Session, access: Exclude<Access, 'public'>): AppError | null {
  if (access === 'signed-in') return null
  const { role, permissions, tokenName, missing } = session
  if (missing !== null && access !== 'half-way') {
    return new AppError(
      'FACTOR_MISSING',
      403,
      'finish signing in first: the second factor is missing',
    )
  }
  if (access === 'in-person' || access === 'half-way') {
    if (tokenName === null) return null
    return new AppError(NOT_PERMITTED, 403, 'a token cannot do this: sign in')
  }
  if (permissions.includes(access)) return null
  const who = tokenName === null ? `the role ${role}` : `the token ${tokenName}`
  const message = `${who} lacks the permission ${access}; an administrator can give it`
  return new AppError(NOT_PERMITTED, 403, message, { details: { permission: access } })
}

/** What was denied is on record, but not once for each try of a script that never gives up. */
function deniedRecorder(audit: AuditLog): (request: FastifyRequest) => void {
  const recent = new LRUCache<string, true>({ max: 1_000, ttl: 60_000 })
  return (request) => {
    const { username, tokenName } = request.session as Session
    const route = `${request.method} ${request.routeOptions.url}`
    const key = `${username}\n${tokenName}\n${route}`
    if (recent.has(key)) return
    recent.set(key, true)
    audit.record(username, 'access.denied', route, { tokenName, remoteAddress: request.ip })
  }
}

/**
 * A browser says which site a request comes from; only our own may change anything. Agents and command lines send
 * no Origin, and hold no cookie that another site could ride on.
 */
function checkOrigin(request: FastifyRequest, allowedOrigins: readonly string[]): void {
  const { origin } = request.headers
  if (origin === undefined || isOwnOrigin(request, origin, allowedOrigins)) return
  throw new AppError('ORIGIN_REFUSED', 403, 'this request comes from another site')
}

function isOwnOrigin(
  request: FastifyRequest,
  origin: string,
  allowedOrigins: readonly string[],
): boolean {
  return origin === `${request.protocol}://${request.host}` || allowedOrigins.includes(origin)
}

/** For what a route does only sometimes. Throws NOT_PERMITTED, which is on record like every refusal. */
export function requirePermission(request: FastifyRequest, permission: PermissionName): void {
  const refusal = refusalOf(sessionOfRequest(request), permission)
  if (refusal !== null) throw refusal
}

/** Who asks, on a route that is not public. */
export function sessionOfRequest(request: FastifyRequest): Session {
  if (request.session === null) throw new Error('a public route asked for its user')
  return request.session
}

/** The name under which the deed is on record. */
export function actorOf(request: FastifyRequest): string {
  return sessionOfRequest(request).username
}
