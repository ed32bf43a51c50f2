/**
 * Who may use a route. Denied unless said otherwise: a route that does not declare its access does not start, one that
 * does not declare what it does with a scope is closed to accounts that have one, and both are checked before anything of
 * the request is read.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { PermissionName } from '../../protocol/api/permission-table.ts'
import type { ScopeHandling } from '../../protocol/api/scope.ts'
import type { Session } from '../../protocol/api/session.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import { requireInScope, type Scope, type ScopeService } from '../accounts/scope-service.ts'
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
    /** Left out: as `unscoped-only`. */
    scope?: ScopeHandling
  }
  interface FastifyRequest {
    /** Who asks; null on public routes. */
    session: Session | null
    /** The machines that who asks is for. A route that is `filtered` must look at it. */
    readonly machineScope: Scope
    scopeWasAsked: boolean
  }
  interface FastifyInstance {
    /** `METHOD /url` → access, of every route there is. */
    routeAccess: Map<string, Access>
    /** `METHOD /url` → what it does with a scope; undefined: it does not say. */
    routeScope: Map<string, ScopeHandling | undefined>
    /** Those of them that are WebSockets. */
    webSockets: Set<string>
  }
}

export interface AccessParts {
  sessions: SessionService
  tokens: TokenService
  scopes: ScopeService
  audit: AuditLog
  allowedOrigins: readonly string[]
}

const NOT_PERMITTED = 'NOT_PERMITTED'
const SCOPED_ACCOUNT = 'SCOPED_ACCOUNT'

const STATE_KEEPING = new Set(['GET', 'HEAD', 'OPTIONS'])

const DENIALS = new Set([NOT_PERMITTED, SCOPED_ACCOUNT])

export function guardRoutes(app: FastifyInstance, parts: AccessParts): void {
  const routeAccess = new Map<string, Access>()
  const routeScope = new Map<string, ScopeHandling | undefined>()
  const webSockets = new Set<string>()
  const recordDenied = deniedRecorder(parts.audit)
  app.decorate('routeAccess', routeAccess)
  app.decorate('routeScope', routeScope)
  app.decorate('webSockets', webSockets)
  app.decorateRequest('session', null)
  app.decorateRequest('scopeWasAsked', false)
  app.decorateRequest('machineScope', {
    getter() {
      this.scopeWasAsked = true
      return parts.scopes.of(sessionOfRequest(this).scope)
    },
  })

  app.addHook('onRoute', ({ method, url, config, websocket }) => {
    const access = config?.access
    if (access === undefined)
      throw new Error(`${String(method)} ${url} does not declare its access`)
    for (const name of [method].flat()) {
      routeAccess.set(`${name} ${url}`, access)
      routeScope.set(`${name} ${url}`, config?.scope)
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
    const isUpgrade = request.ws && !webSockets.has(`GET ${request.routeOptions.url}`)
    if (access === 'public') {
      if (isUpgrade) throw noWebSocket()
      return
    }
    request.session = requireSession(request, parts)
    checkScope(request, request.session)
    const refusal = refusalOf(request.session, access as Exclude<Access, 'public'>)
    if (refusal !== null) throw refusal
    if (isUpgrade) throw noWebSocket()
    if (request.routeOptions.config.scope === 'machine') checkMachine(request)
  })

  app.addHook('onSend', async (request, reply) => {
    if (reply.statusCode >= 400 || request.scopeWasAsked || !isScoped(request)) return
    if (request.routeOptions.config.scope !== 'filtered') return
    // Found by the first scoped account that uses a route which forgot it, instead of by what the route would have told.
    throw new Error(`${request.routeOptions.url} is filtered and did not look at the scope`)
  })

  app.addHook('onError', async (request, _reply, error) => {
    if (error instanceof AppError && DENIALS.has(error.code)) recordDenied(request)
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

/** It would be opened first, and then be of no use. */
function noWebSocket(): AppError {
  return new AppError('NO_WEBSOCKET', 400, 'there is no WebSocket here')
}

function isScoped({ session }: FastifyRequest): boolean {
  return session !== null && session.scope !== null
}

/** Throws SCOPED_ACCOUNT where the route does not keep to a scope. Before the second factor there is nothing to see anyway. */
function checkScope({ routeOptions }: FastifyRequest, { scope, missing }: Session): void {
  if (scope === null || missing !== null) return
  const handling = routeOptions.config.scope ?? 'unscoped-only'
  if (handling !== 'unscoped-only') return
  const message = `this concerns all machines, and this account is for some only: ${scope.join(', ') || 'none'}`
  throw new AppError(SCOPED_ACCOUNT, 403, message)
}

/** A machine beyond the scope is as little there as one that never was. */
function checkMachine(request: FastifyRequest): void {
  const { machineId } = request.params as { machineId: MachineId }
  requireInScope(request.machineScope, machineId)
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
