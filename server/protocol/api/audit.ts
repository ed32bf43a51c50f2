/**
 * `/api/v1/audit`
 *
 *   GET /audit?about=&cursor=&limit=   AuditPage, newest first; `about`: of one subject, and what it did itself
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'

const strict = { additionalProperties: false } as const

export const AuditEntry = Type.Object(
  {
    auditId: Type.Integer({ minimum: 1 }),
    at: Timestamp,
    /** A user name, `machine:<id>` or `central`. */
    actor: Type.String(),
    /** `subject.verb`, e.g. `order.created`, `session.refused`, `machine.enrolled`. */
    action: Type.String(),
    /** What it was about: an order id, a machine id, a user name. */
    subject: Type.String(),
    details: Type.Unknown(),
  },
  strict,
)
export type AuditEntry = Static<typeof AuditEntry>

export const AuditPage = Type.Object(
  { entries: Type.Array(AuditEntry), cursor: Type.Union([Type.String(), Type.Null()]) },
  strict,
)
export type AuditPage = Static<typeof AuditPage>
