/**
 * `/api/v1/openid`: to the OpenID provider and back. Pages of a browser rather than calls: each answers with a
 * redirect, and failures go to the sign-in page, by code.
 */
import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { SignInWays } from '../../protocol/api/session.ts'
import { AppError } from '../../shared/app-error.ts'
import { FLOW_MS, type OpenIdSignIn } from '../accounts/openid/openid-sign-in.ts'
import { SESSION_COOKIE } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { placeOf } from './sign-in-place.ts'

export interface OpenIdRoutesOptions {
  /** Null: not set up. */
  openId: OpenIdSignIn | null
}

export const FLOW_COOKIE = 'sidestream_openid'
const FLOW_PATH = '/api/v1/openid'

const config = {
  access: 'public',
  scope: 'none',
  rateLimit: { max: 30, timeWindow: 60_000 },
} as const
const tags = ['session']
const redirects = { 302: Type.Null(), ...ERROR_REPLIES }

export const openIdRoutes: FastifyPluginAsyncTypebox<OpenIdRoutesOptions> = async (
  app,
  { openId },
) => {
  app.get(
    '/session/ways',
    {
      config: { access: 'public', scope: 'none' },
      schema: {
        summary: 'How one can sign in, besides with a password',
        tags,
        response: { 200: SignInWays, ...ERROR_REPLIES },
      },
    },
    async () => ({ openId: openId === null ? null : { label: openId.label } }),
  )

  app.get(
    '/openid/start',
    { config, schema: { summary: 'Sign in at the provider', tags, response: redirects } },
    async (_request, reply) => {
      try {
        const { location, flowToken } = await setUp(openId).begin()
        reply.setCookie(FLOW_COOKIE, flowToken, {
          ...flowCookie(setUp(openId)),
          maxAge: FLOW_MS / 1_000,
        })
        return reply.redirect(location)
      } catch (error) {
        return reply.redirect(failed(error))
      }
    },
  )

  app.get(
    '/openid/callback',
    { config, schema: { summary: 'Back from the provider', tags, response: redirects } },
    async (request, reply) => {
      const search = /\?.*$/.exec(request.url)?.[0] ?? ''
      try {
        const { isSecure, finish } = setUp(openId)
        const flowToken = request.cookies[FLOW_COOKIE]
        reply.clearCookie(FLOW_COOKIE, flowCookie(setUp(openId)))
        const { token, session } = await finish(flowToken, search, placeOf(request))
        reply.setCookie(SESSION_COOKIE, token, {
          httpOnly: true,
          sameSite: 'strict',
          path: '/',
          secure: isSecure,
          expires: new Date(session.expiresAt),
        })
        return reply.redirect('/')
      } catch (error) {
        return reply.redirect(failed(error))
      }
    },
  )

  app.get(
    '/openid/sign-out',
    { config, schema: { summary: 'Sign out at the provider', tags, response: redirects } },
    async (_request, reply) => reply.redirect(await setUp(openId).signOutLocation()),
  )
}

function setUp(openId: OpenIdSignIn | null): OpenIdSignIn {
  if (openId !== null) return openId
  throw new AppError('OPENID_OFF', 404, 'signing in by OpenID is not set up here')
}

/** Lax, because the browser comes back from another site. It opens nothing by itself. */
function flowCookie({ isSecure }: OpenIdSignIn): CookieSerializeOptions {
  return { httpOnly: true, sameSite: 'lax', path: FLOW_PATH, secure: isSecure }
}

/** Only a code of ours goes into the address: the page says what it means. */
function failed(error: unknown): string {
  if (!(error instanceof AppError)) throw error
  return `/sign-in?failure=${error.code}`
}
