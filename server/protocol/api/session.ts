/**
 * `/api/v1/session`
 *
 *   POST   /session   SignIn → Session and an HttpOnly cookie; 401 SIGN_IN_REFUSED; 429 TOO_MANY_REQUESTS
 *   GET    /session   Session; 401 NOT_SIGNED_IN
 *   DELETE /session   204
 *   GET    /session/ways     SignInWays
 *   GET    /openid/start     302 to the OpenID provider, which comes back to /openid/callback; that leads to the console,
 *                            or to /sign-in?failure=CODE
 *   GET    /openid/sign-out  302 to where one signs out of the provider
 *   GET    /sessions              { sessions: OpenSession[] }: one's own; with `users.manage` everybody's
 *   DELETE /sessions/:sessionId   204; 404 SESSION_NOT_FOUND
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'
import { PermissionName, Role } from './permissions.ts'
import { EffectiveScope } from './scope.ts'
import { MissingFactor } from './second-factor.ts'
import { UserSource } from './users.ts'

const strict = { additionalProperties: false } as const

export const SignIn = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 128 }),
    password: Type.String({ minLength: 1, maxLength: 1_024 }),
  },
  strict,
)
export type SignIn = Static<typeof SignIn>

export const Session = Type.Object(
  {
    username: Type.String(),
    role: Role,
    source: UserSource,
    /** What may be done with it: of the role, and with a token what the token was given of that. */
    permissions: Type.Array(PermissionName),
    /** Labels of the machines that it is for; null: all. */
    scope: EffectiveScope,
    expiresAt: Timestamp,
    /** What is to come before it may do anything; see second-factor.ts. */
    missing: MissingFactor,
    /** Of the list of sessions; null with a token. */
    sessionId: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
    /** Name of the API token that was shown instead of a cookie. */
    tokenName: Type.Union([Type.String(), Type.Null()]),
  },
  strict,
)
export type Session = Static<typeof Session>

/** One of those that are signed in now. */
export const OpenSession = Type.Object(
  {
    sessionId: Type.Integer({ minimum: 1 }),
    username: Type.String(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    lastUsedAt: Type.Union([Timestamp, Type.Null()]),
    remoteAddress: Type.String(),
    /** What the browser said of itself: anything. */
    userAgent: Type.String(),
    /** The one that asks. */
    isThis: Type.Boolean(),
  },
  strict,
)
export type OpenSession = Static<typeof OpenSession>

export const OpenSessionList = Type.Object({ sessions: Type.Array(OpenSession) }, strict)
export type OpenSessionList = Static<typeof OpenSessionList>

/** How one can sign in, besides with a name and a password. */
export const SignInWays = Type.Object(
  {
    /** `label`: what the provider is called, for a button. Null: none is set up. */
    openId: Type.Union([Type.Object({ label: Type.String() }, strict), Type.Null()]),
  },
  strict,
)
export type SignInWays = Static<typeof SignInWays>
