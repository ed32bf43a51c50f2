/**
 * `/api/v1/session`
 *
 *   POST   /session   SignIn → Session and an HttpOnly cookie; 401 SIGN_IN_REFUSED; 429 TOO_MANY_REQUESTS
 *   GET    /session   Session; 401 NOT_SIGNED_IN
 *   DELETE /session   204
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'
import { PermissionName, Role } from './permissions.ts'

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
    /** What may be done with it: of the role, and with a token what the token was given of that. */
    permissions: Type.Array(PermissionName),
    expiresAt: Timestamp,
    /** Name of the API token that was shown instead of a cookie. */
    tokenName: Type.Union([Type.String(), Type.Null()]),
  },
  strict,
)
export type Session = Static<typeof Session>
