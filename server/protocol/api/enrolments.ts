/**
 * `/api/v1/enrolments`
 *
 *   POST /enrolments   EnrolmentRequest → 201 Enrolment; the token is shown this once, only its hash is kept
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'

const strict = { additionalProperties: false } as const

export const EnrolmentRequest = Type.Object(
  {
    uses: Type.Integer({ minimum: 1, maximum: 10_000, default: 1 }),
    validForSeconds: Type.Integer({ minimum: 60, maximum: 2_592_000, default: 86_400 }),
  },
  strict,
)
export type EnrolmentRequest = Static<typeof EnrolmentRequest>

export const Enrolment = Type.Object(
  { token: Type.String(), uses: Type.Integer(), expiresAt: Timestamp },
  strict,
)
export type Enrolment = Static<typeof Enrolment>
