/** `/api/v1/session`: signing in and out; `/api/v1/sessions`: who is signed in, and ending that. */
import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { OpenSessionList, Session, SignIn } from '../../protocol/api/session.ts'
import type { SessionService } from '../accounts/session-service.ts'
import type { SignInService } from '../accounts/sign-in-service.ts'
import { SESSION_COOKIE, sessionOfRequest } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { placeOf } from './sign-in-place.ts'

/**
 * For each address: a slow guess at best, and nobody else is locked out by it, least of all the user whose
 * name is being tried.
 */
const SIGN_IN_LIMIT = { max: 20, timeWindow: 60_000 }

export interface SessionRoutesOptions {
  sessions: SessionService
  signIns: SignInService
}

export const sessionRoutes: FastifyPluginAsyncTypebox<SessionRoutesOptions> = async (
  app,
  { sessions, signIns },
) => {
  app.post(
    '/session',
    {
      config: { access: 'public', scope: 'none', rateLimit: SIGN_IN_LIMIT },
      schema: {
        summary: 'Sign in',
        tags: ['session'],
        body: SignIn,
        response: { 200: Session, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      const { token, session } = await signIns.signIn(request.body, placeOf(request))
      const expires = new Date(session.expiresAt)
      reply.setCookie(SESSION_COOKIE, token, { ...cookieOptions(request), expires })
      return session
    },
  )

  app.get(
    '/session',
    {
      config: { access: 'signed-in', scope: 'none' },
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
      config: { access: 'signed-in', scope: 'none' },
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

  // A token that leaked must not be able to see or end what could end it.
  app.get(
    '/sessions',
    {
      config: { access: 'in-person', scope: 'none' },
      schema: {
        summary: 'One’s own sessions; an administrator sees everybody’s',
        tags: ['session'],
        response: { 200: OpenSessionList, ...ERROR_REPLIES },
      },
    },
    async (request) => ({ sessions: sessions.list(sessionOfRequest(request)) }),
  )

  app.delete(
    '/sessions/:sessionId',
    {
      config: { access: 'in-person', scope: 'none' },
      schema: {
        summary: 'End a session',
        tags: ['session'],
        params: Type.Object(
          { sessionId: Type.Integer({ minimum: 1 }) },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null(), ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      sessions.end(request.params.sessionId, sessionOfRequest(request))
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
