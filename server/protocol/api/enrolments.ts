/**
 * `/api/v1/enrolments`: tokens with which machines join.
 *
 *   POST   /enrolments                 EnrolmentRequest → 201 Enrolment; token and string are shown this once
 *   GET    /enrolments                 EnrolmentList; the newest ones
 *   DELETE /enrolments/:enrolmentNo    204; nobody enrols with it any more, and who did stays
 */
import { type Static, Type } from 'typebox'
import { Label, MAX_LABELS } from '../ask.ts'
import { Timestamp } from '../ids.ts'

const strict = { additionalProperties: false } as const

const Admits = {
  uses: Type.Integer({ minimum: 1, maximum: 10_000, default: 1 }),
  labels: Type.Array(Label, {
    maxItems: MAX_LABELS,
    uniqueItems: true,
    default: [],
    description: 'What its machines are labelled with',
  }),
  approval: Type.Union([Type.Literal('automatic'), Type.Literal('pending')], {
    default: 'automatic',
    description: 'pending: an administrator has to let each of its machines in',
  }),
  takesBack: Type.Boolean({
    default: false,
    description:
      'A machine that is known and not connected gets a new key and stays the same machine',
  }),
}

export const EnrolmentRequest = Type.Object(
  {
    ...Admits,
    validForSeconds: Type.Integer({ minimum: 60, maximum: 2_592_000, default: 86_400 }),
  },
  strict,
)
export type EnrolmentRequest = Static<typeof EnrolmentRequest>

export const Enrolment = Type.Object(
  {
    enrolmentNo: Type.Integer({ minimum: 1 }),
    token: Type.String(),
    invitation: Type.String({
      description: 'The enrolment string: central’s addresses, its pins and the token in one line',
    }),
    ...Admits,
    expiresAt: Timestamp,
  },
  strict,
)
export type Enrolment = Static<typeof Enrolment>

export const ListedEnrolment = Type.Object(
  {
    enrolmentNo: Type.Integer({ minimum: 1 }),
    ...Admits,
    usesLeft: Type.Integer({ minimum: 0 }),
    createdBy: Type.String(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    revokedAt: Type.Union([Timestamp, Type.Null()]),
    state: Type.Union([
      Type.Literal('open'),
      Type.Literal('used-up'),
      Type.Literal('expired'),
      Type.Literal('revoked'),
    ]),
  },
  strict,
)
export type ListedEnrolment = Static<typeof ListedEnrolment>

export const EnrolmentList = Type.Object({ enrolments: Type.Array(ListedEnrolment) }, strict)
export type EnrolmentList = Static<typeof EnrolmentList>
