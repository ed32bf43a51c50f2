/**
 * Who did what. Services call {@link AuditLog.record} inside the transaction of the deed itself, so that neither
 * can be there without the other. What happens to orders comes from their own store; see ordering/order-relay.ts.
 */
import type { AuditHead, AuditPage, AuditRecord } from '../../protocol/api/audit.ts'
import { GENESIS } from '../../shared/audit-chain.ts'
import { toAuditRecord } from '../../shared/audit-line.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { AuditReader, AuditRequest, AuditStore } from '../store/audit-store.ts'

export type { AuditReader }

export const AUDIT_ACTIONS = [
  'session.created',
  'session.refused',
  'session.completed',
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
  'kept-content.changed',
  'scan.requested',
  'content.read',
  'access.denied',
  'user.added',
  'user.changed',
  'user.withdrawn',
  'factor.refused',
  'factor.enrolled',
  'factor.removed',
  'factor.recovered',
  'factor.roles-changed',
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
  'audit.exported',
  'rule.stored',
  'rule.removed',
  'rule.run',
  'rule.enforced',
  'rule.reporting',
  'rule.paused',
  'rule.alerted',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** The actor where nobody asked: what central does by itself. */
export const CENTRAL_ACTOR = 'central'

export interface RecordedEntry {
  auditId: number
  at: number
  actor: string
  action: AuditAction
  subject: string
  details: object
}

export interface AuditLog {
  /** `details` holds no secret and no content. */
  record(actor: string, action: AuditAction, subject: string, details?: object): void
  /** What waited with its deed in another database, at its own time. */
  takeOver(entry: Omit<RecordedEntry, 'auditId'>): void
  /** Newest first; with `about`, of one subject and of what it did itself. */
  page(page: AuditRequest): AuditPage
  head(): AuditHead
  /** The whole log up to now, oldest first. That it was exported is its last record. */
  export(actor: string): AsyncIterable<AuditRecord[]>
  /** The listener runs inside the transaction of the deed: what it stores is undone with it. */
  subscribe(listener: (entry: RecordedEntry) => void): () => void
}

const RECORDS_AT_ONCE = 500

export function createAuditLog(store: AuditStore, clock: Clock): AuditLog {
  const listeners = new Set<(entry: RecordedEntry) => void>()

  const takeOver: AuditLog['takeOver'] = ({ at, ...entry }) => {
    const auditId = store.append(entry, at)
    for (const listener of listeners) listener({ auditId, at, ...entry })
  }
  const record: AuditLog['record'] = (actor, action, subject, details = {}) =>
    takeOver({ at: clock.now(), actor, action, subject, details })
  const head = (): AuditHead => store.head() ?? { auditId: 0, hash: GENESIS }

  return {
    record,
    takeOver,
    head,
    page: (page) => {
      const { entries, cursor } = store.page(page)
      return { entries: entries.map((entry) => ({ ...entry, at: toTimestamp(entry.at) })), cursor }
    },
    export: (actor) => {
      record(actor, 'audit.exported', 'audit')
      return exportUpTo(store, head().auditId)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Read as the reader takes it. */
async function* exportUpTo(store: AuditStore, lastId: number): AsyncGenerator<AuditRecord[]> {
  let afterId = 0
  while (afterId < lastId) {
    const records = store.chained(afterId, Math.min(RECORDS_AT_ONCE, lastId - afterId))
    const last = records.at(-1)
    if (last === undefined) return
    afterId = last.auditId
    yield records.map(toAuditRecord)
  }
}
