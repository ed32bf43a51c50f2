/**
 * `/api/v1/session`
 *
 *   POST   /session   SignIn → Session and an HttpOnly cookie; 401 SIGN_IN_REFUSED; 429 TOO_MANY_REQUESTS
 *   GET    /session   Session; 401 NOT_SIGNED_IN
 *   DELETE /session   204
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'

const strict = { additionalProperties: false } as const

export const SignIn = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 128 }),
    password: Type.String({ minLength: 1, maxLength: 1_024 }),
  },
  strict,
)
export type SignIn = Static<typeof SignIn>

export const Session = Type.Object({ username: Type.String(), expiresAt: Timestamp }, strict)
export type Session = Static<typeof Session>
