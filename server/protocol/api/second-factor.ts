/**
 * `/api/v1/session/factor`: a code from an app (TOTP) besides the password. After the password, a session that lacks it
 * has `missing`, no permission, and only these routes and `/session`.
 *
 *   GET    /session/factor               FactorState
 *   POST   /session/factor               FactorCode → Session; a code, or a recovery code, once; 401 FACTOR_REFUSED
 *   POST   /session/factor/enrolment     {} → FactorEnrolment; 409 FACTOR_EXISTS
 *   POST   /session/factor/confirmation  FactorCode → RecoveryCodes; from then on it is asked for
 *   POST   /session/factor/removal       FactorCode → 204; 409 FACTOR_REQUIRED
 *   DELETE /users/:username/factor       204; by an administrator, for a phone that is lost; ends the user's sessions
 *   GET    /factor-roles                 FactorRoles
 *   PUT    /factor-roles                 FactorRoles → FactorRoles; 409 FACTOR_NOT_ENROLLED
 *
 * Users of an OpenID provider are not asked: their second factor is the provider's.
 */
import { type Static, Type } from 'typebox'
import { Role } from './permissions.ts'

const strict = { additionalProperties: false } as const

/** The code of one's second factor; or that one has to be enrolled, because the role needs it. Null: nothing. */
export const MissingFactor = Type.Union([
  Type.Literal('factor'),
  Type.Literal('enrolment'),
  Type.Null(),
])
export type MissingFactor = Static<typeof MissingFactor>

/** Six digits, or a recovery code; spaces and dashes do not count. */
export const FactorCode = Type.Object(
  { code: Type.String({ minLength: 6, maxLength: 40 }) },
  strict,
)
export type FactorCode = Static<typeof FactorCode>

export const FactorState = Type.Object(
  {
    isEnrolled: Type.Boolean(),
    /** By the role. */
    isRequired: Type.Boolean(),
    recoveryCodesLeft: Type.Integer({ minimum: 0 }),
  },
  strict,
)
export type FactorState = Static<typeof FactorState>

export const FactorEnrolment = Type.Object(
  {
    /** Base32, to be typed into an app. */
    secret: Type.String(),
    /** The same as `otpauth://`, for an app on this device. */
    uri: Type.String(),
  },
  strict,
)
export type FactorEnrolment = Static<typeof FactorEnrolment>

/** Shown this once: only their hashes are kept. */
export const RecoveryCodes = Type.Object({ recoveryCodes: Type.Array(Type.String()) }, strict)
export type RecoveryCodes = Static<typeof RecoveryCodes>

export const FactorRoles = Type.Object(
  { roles: Type.Array(Role, { uniqueItems: true, maxItems: 5 }) },
  strict,
)
export type FactorRoles = Static<typeof FactorRoles>
