/**
 * Who did what. Services call {@link AuditLog.record} inside the transaction of the deed itself, so that neither
 * can be there without the other.
 */
import type { AuditPage } from '../../protocol/api/audit.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { AuditRequest, AuditStore } from '../store/audit-store.ts'

export const AUDIT_ACTIONS = [
  'session.created',
  'session.refused',
  'session.ended',
  'certificate.authority-made',
  'certificate.authority-switched',
  'certificate.rotated',
  'enrolment.created',
  'enrolment.revoked',
  'machine.enrolled',
  'machine.approved',
  'machine.denied',
  'machine.key-rotated',
  'machine.key-rotation-asked',
  'machine.pending',
  'machine.refused',
  'machine.returned-with-new-key',
  'machine.revoked',
  'order.created',
  'order.cancelled',
  'order.finished',
  'scan.requested',
  'content.read',
  'access.denied',
  'user.added',
  'user.changed',
  'user.withdrawn',
  'token.created',
  'token.ended',
  'live.asked',
  'live.cancelled',
  'live.asked-again',
  'files.asked',
  'machine.labelled',
  'machine.retired',
  'machine.returned',
  'machine.clone-refused',
  'label-rule.created',
  'label-rule.removed',
  'saved-query.stored',
  'saved-query.removed',
  'sink.stored',
  'sink.removed',
  'inventory.pruned',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** The actor where nobody asked: what central does by itself. */
export const CENTRAL_ACTOR = 'central'

export interface AuditLog {
  /** `details` holds no secret and no content. */
  record(actor: string, action: AuditAction, subject: string, details?: object): void
  /** Newest first; with `about`, of one subject and of what it did itself. */
  page(page: AuditRequest): AuditPage
}

export function createAuditLog(store: AuditStore, clock: Clock): AuditLog {
  return {
    record: (actor, action, subject, details = {}) =>
      store.append({ actor, action, subject, details }, clock.now()),
    page: (page) => {
      const { entries, cursor } = store.page(page)
      return { entries: entries.map((entry) => ({ ...entry, at: toTimestamp(entry.at) })), cursor }
    },
  }
}
