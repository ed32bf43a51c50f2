/**
 * Who may use a route. Denied unless said otherwise: a route that does not declare its access does not start,
 * and `signed-in` is checked before anything of the request is read.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Session } from '../../protocol/api/session.ts'
import { AppError } from '../../shared/app-error.ts'
import type { SessionService } from '../sessions/session-service.ts'

export const SESSION_COOKIE = 'sidestream_session'

export type Access = 'public' | 'signed-in'

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
  }
}

const STATE_KEEPING = new Set(['GET', 'HEAD', 'OPTIONS'])

export function guardRoutes(
  app: FastifyInstance,
  { sessions, allowedOrigins }: { sessions: SessionService; allowedOrigins: readonly string[] },
): void {
  const routeAccess = new Map<string, Access>()
  app.decorate('routeAccess', routeAccess)
  app.decorateRequest('session', null)

  app.addHook('onRoute', ({ method, url, config }) => {
    const access = config?.access
    if (access === undefined)
      throw new Error(`${String(method)} ${url} does not declare its access`)
    for (const name of [method].flat()) routeAccess.set(`${name} ${url}`, access)
  })

  // onRequest, not preHandler: a stranger's body is neither read nor checked.
  app.addHook('onRequest', async (request) => {
    // What is not a route has no access to check; it ends as 404.
    if (request.is404) return
    const changesState = !STATE_KEEPING.has(request.method) || request.ws
    if (changesState) checkOrigin(request, allowedOrigins)
    if (request.routeOptions.config.access === 'public') return
    const token = request.cookies[SESSION_COOKIE]
    request.session = (token === undefined ? undefined : sessions.find(token)) ?? null
    if (request.session === null) throw new AppError('NOT_SIGNED_IN', 401, 'sign in first')
  })
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

/** The name of who asks, on a signed-in route. */
export function actorOf(request: FastifyRequest): string {
  if (request.session === null) throw new Error('a public route asked for its user')
  return request.session.username
}
