/**
 * `/api/v1/audit`
 *
 *   GET /audit?about=&cursor=&limit=   AuditPage, newest first; `about`: of one subject, and what it did itself
 *   GET /audit/head             AuditHead: what to keep elsewhere, so that a log cut off at its end shows
 *   GET /audit/export           NDJSON of AuditRecord, oldest first: what `sidestream audit verify` checks without us
 */
import { type Static, Type } from 'typebox'
import { Sha256, Timestamp } from '../ids.ts'

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

/** One line of an export: an entry and its place in the chain (server/central/audit/README.md). */
export const AuditRecord = Type.Object(
  { ...AuditEntry.properties, prevHash: Sha256, hash: Sha256 },
  strict,
)
export type AuditRecord = Static<typeof AuditRecord>

export const AuditHead = Type.Object(
  {
    auditId: Type.Integer({ minimum: 0, description: 'The newest record; 0: there is none' }),
    hash: Sha256,
  },
  strict,
)
export type AuditHead = Static<typeof AuditHead>
