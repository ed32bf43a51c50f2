/**
 * Who did what. Services call {@link AuditLog.record} inside the transaction of the deed itself, so that neither
 * can be there without the other. What happens to orders comes from their own store; see ordering/order-relay.ts.
 */
import type { AuditPage } from '../../protocol/api/audit.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { AuditStore } from '../store/audit-store.ts'

export const AUDIT_ACTIONS = [
  'session.created',
  'session.refused',
  'session.ended',
  'enrolment.created',
  'machine.enrolled',
  'machine.refused',
  'order.previewed',
  'order.created',
  'order.approved',
  'order.rejected',
  'order.paused',
  'order.resumed',
  'order.cancelled',
  'order.retried',
  'order.undone',
  'order.expired',
  'order.finished',
  'order-policy.changed',
  'scan.requested',
  'content.read',
  'access.denied',
  'user.added',
  'user.changed',
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
  page(page: { cursor?: string | undefined; limit: number }): AuditPage
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
