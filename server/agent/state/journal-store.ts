import type Database from 'better-sqlite3'
import type { OrderAction, OrderTarget, Receipt, ReceiptOutcome } from '../../protocol/order.ts'

/** Who asked for what and why, as the request said it. */
export interface Order {
  readonly orderId: string
  readonly orderedBy: string
  readonly reason: string
}

export interface JournalEntry {
  readonly action: OrderAction
  readonly target: OrderTarget
  /** Null: begun and not finished. */
  readonly receipt: Receipt | null
}

/** Every statement on `order_target`. Entries are never deleted: they are what makes a repeat harmless. */
export interface JournalStore {
  find(targetId: string): JournalEntry | undefined
  begin(action: OrderAction, order: Order, target: OrderTarget, startedAt: string): void
  finish(receipt: Receipt): void
  /** Whether another strip order has removed the very stream that `target` names. */
  hasOtherDone(target: OrderTarget): boolean
}

interface TargetRow {
  target_id: Receipt['targetId']
  action: OrderAction
  target: string
  outcome: ReceiptOutcome | null
  outcome_reason: string
  finished_at: string
}

export function createJournalStore(db: Database.Database): JournalStore {
  const find = db.prepare<[string], TargetRow>(`
    SELECT target_id, action, target, outcome, outcome_reason, finished_at
    FROM order_target WHERE target_id = ?
  `)
  const begin = db.prepare(`
    INSERT INTO order_target (target_id, action, order_id, ordered_by, reason, target, started_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
  `)
  // A receipt is written once: a second outcome for the same target would be a lie about the first.
  const finish = db.prepare(`
    UPDATE order_target SET outcome = ?, outcome_reason = ?, finished_at = ?
    WHERE target_id = ? AND outcome IS NULL
  `)
  // Reads the whole journal, which only the repeat of an interrupted strip asks for.
  const otherDone = db
    .prepare<[string], string>(`
      SELECT target FROM order_target
      WHERE action = 'strip' AND outcome = 'done' AND target_id <> ?
    `)
    .pluck()
  return {
    hasOtherDone({ targetId, volumeId, identity, stream }) {
      return (otherDone.all(targetId) as string[]).some((json) => {
        const other = JSON.parse(json) as OrderTarget
        return other.stream === stream && other.identity === identity && other.volumeId === volumeId
      })
    },
    find(targetId) {
      const row = find.get(targetId)
      return row && { action: row.action, target: JSON.parse(row.target), receipt: toReceipt(row) }
    },
    begin(action, order, target, startedAt) {
      const { orderId, orderedBy, reason } = order
      const json = JSON.stringify(target)
      begin.run(target.targetId, action, orderId, orderedBy, reason, json, startedAt)
    },
    finish({ targetId, outcome, reason, at }) {
      if (finish.run(outcome, reason, at, targetId).changes !== 1) {
        throw new Error(`target ${targetId} has no open entry in the journal`)
      }
    },
  }
}

function toReceipt(row: TargetRow): Receipt | null {
  if (row.outcome === null) return null
  const { target_id: targetId, outcome, outcome_reason: reason, finished_at: at } = row
  return { targetId, outcome, reason, at }
}
