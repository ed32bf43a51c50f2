/**
 * What others have to hear of a change, and the audit log's outbox. The log is in another file: an entry for it is written with
 * the deed, in one transaction, and handed over after the commit; the log remembers up to where it has them. So
 * neither can be there without the other for longer than a restart takes.
 */
import type { Database } from 'better-sqlite3'
import type { OrderId, PreviewId } from '../../../protocol/ids.ts'
import type { OrdersNotice, PendingAudit } from './order-types.ts'

export interface Tells {
  audit(at: number, actor: string, action: string, subject: string, details?: object): void
  changed(orderId: OrderId): void
  preview(previewId: PreviewId): void
  wake(orderId: OrderId): void
  /** Of the transaction that is committed now. */
  take(): Omit<OrdersNotice, 'openOrders'>
  /** Of a transaction that was rolled back. */
  forget(): void
  /** What may not have been handed over. */
  pending(): PendingAudit[]
  /** The log has all up to this one. */
  acknowledge(eventNo: number): void
}

export function createTells(db: Database): Tells {
  const insert = db.prepare<[number, string, string, string, string]>(`
    INSERT INTO audit_event (at, actor, action, subject, details_json) VALUES (?, ?, ?, ?, ?)
  `)
  const selectPending = db.prepare<[], Omit<PendingAudit, 'details'> & { details: string }>(`
    SELECT event_no AS eventNo, at, actor, action, subject, details_json AS details
    FROM audit_event ORDER BY event_no
  `)
  const remove = db.prepare<[number]>('DELETE FROM audit_event WHERE event_no <= ?')
  let audits: PendingAudit[] = []
  const changed = new Set<OrderId>()
  const previews = new Set<PreviewId>()
  const wake = new Set<OrderId>()
  const forget = (): void => {
    audits = []
    for (const set of [changed, previews, wake]) set.clear()
  }

  return {
    audit: (at, actor, action, subject, details = {}) => {
      const row = insert.run(at, actor, action, subject, JSON.stringify(details))
      audits.push({ eventNo: Number(row.lastInsertRowid), at, actor, action, subject, details })
    },
    changed: (orderId) => void changed.add(orderId),
    preview: (previewId) => void previews.add(previewId),
    wake: (orderId) => void wake.add(orderId),
    take: () => {
      const told = { audits, changed: [...changed], previews: [...previews], wake: [...wake] }
      forget()
      return told
    },
    forget,
    pending: () =>
      selectPending.all().map((row) => ({ ...row, details: JSON.parse(row.details) as object })),
    acknowledge: (eventNo) => void remove.run(eventNo),
  }
}
