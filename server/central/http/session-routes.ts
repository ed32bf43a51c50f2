/** `/api/v1/session`: signing in and out. */
import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Session, SignIn } from '../../protocol/api/session.ts'
import type { SessionService } from '../accounts/session-service.ts'
import { SESSION_COOKIE } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

/**
 * For each address: a slow guess at best, and nobody else is locked out by it, least of all the user whose
 * name is being tried.
 */
const SIGN_IN_LIMIT = { max: 20, timeWindow: 60_000 }

export const sessionRoutes: FastifyPluginAsyncTypebox<{ sessions: SessionService }> = async (
  app,
  { sessions },
) => {
  app.post(
    '/session',
    {
      config: { access: 'public', rateLimit: SIGN_IN_LIMIT },
      schema: {
        summary: 'Sign in',
        tags: ['session'],
        body: SignIn,
        response: { 200: Session, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      const { token, session } = await sessions.signIn(request.body, request.ip)
      const expires = new Date(session.expiresAt)
      reply.setCookie(SESSION_COOKIE, token, { ...cookieOptions(request), expires })
      return session
    },
  )

  app.get(
    '/session',
    {
      config: { access: 'signed-in' },
      schema: {
        summary: 'Who is signed in',
        tags: ['session'],
        response: { 200: Session, ...ERROR_REPLIES },
      },
    },
    async ({ session }) => session!,
  )

  app.delete(
    '/session',
    {
      config: { access: 'signed-in' },
      schema: {
        summary: 'Sign out',
        tags: ['session'],
        response: { 204: Type.Null(), ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      sessions.signOut(request.cookies[SESSION_COOKIE] as string)
      reply.clearCookie(SESSION_COOKIE, cookieOptions(request))
      return reply.code(204).send(null)
    },
  )
}

function cookieOptions(request: FastifyRequest): CookieSerializeOptions {
  // Behind a proxy that ends TLS we are asked over http; the (checked) Origin says what the browser uses.
  const isHttps =
    request.protocol === 'https' || request.headers.origin?.startsWith('https:') === true
  return { httpOnly: true, sameSite: 'strict', path: '/', secure: isHttps }
}
