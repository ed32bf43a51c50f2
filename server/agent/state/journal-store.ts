import type Database from 'better-sqlite3'
import type {
  MarkTarget,
  OrderAction,
  OrderTarget,
  Receipt,
  ReceiptOutcome,
  RestoreTarget,
} from '../../protocol/order.ts'

/** Who asked for what and why, as the request said it. */
export interface Order {
  readonly orderId: string
  readonly orderedBy: string
  readonly reason: string
}

export type AnyTarget = OrderTarget | RestoreTarget | MarkTarget

export interface JournalEntry {
  readonly entryId: number
  readonly action: OrderAction
  readonly order: Order
  readonly target: AnyTarget
  /** Null: begun and not finished. */
  readonly receipt: Receipt | null
}

/** Every statement on `order_target`. Entries are never deleted: they are what makes a repeat harmless. */
export interface JournalStore {
  find(targetId: string): JournalEntry | undefined
  /** Returns the new entry's id. */
  begin(action: OrderAction, order: Order, target: AnyTarget, startedAt: string): number
  finish(entryId: number, receipt: Receipt): void
  /** Begun and not finished, oldest first. */
  listOpen(): JournalEntry[]
  /** Whether an order begun after `entryId` has changed the very stream that `target` names. */
  hasLaterDone(entryId: number, target: AnyTarget): boolean
}

interface EntryRow {
  entry_id: number
  target_id: Receipt['targetId']
  action: OrderAction
  order_id: string
  ordered_by: string
  reason: string
  target: string
  outcome: ReceiptOutcome | null
  outcome_reason: string
  finished_at: string
}

const COLUMNS =
  'entry_id, target_id, action, order_id, ordered_by, reason, target, outcome, outcome_reason, finished_at'

export function createJournalStore(db: Database.Database): JournalStore {
  const find = db.prepare<[string], EntryRow>(
    `SELECT ${COLUMNS} FROM order_target WHERE target_id = ?`,
  )
  const begin = db.prepare(`
    INSERT INTO order_target (target_id, action, order_id, ordered_by, reason, target, started_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
  `)
  // A receipt is written once: a second outcome for the same target would be a lie about the first.
  const finish = db.prepare(`
    UPDATE order_target SET outcome = ?, outcome_reason = ?, finished_at = ?
    WHERE entry_id = ? AND outcome IS NULL
  `)
  const listOpen = db.prepare<[], EntryRow>(
    `SELECT ${COLUMNS} FROM order_target WHERE outcome IS NULL ORDER BY entry_id`,
  )
  // Reads what came after an interrupted target, which only its repeat asks for.
  const laterDone = db
    .prepare<[number], string>(
      `SELECT target FROM order_target WHERE entry_id > ? AND outcome = 'done'`,
    )
    .pluck()
  return {
    find(targetId) {
      const row = find.get(targetId)
      return row && toEntry(row)
    },
    begin(action, { orderId, orderedBy, reason }, target, startedAt) {
      const values = [orderId, orderedBy, reason, JSON.stringify(target), startedAt]
      return Number(begin.run(target.targetId, action, ...values).lastInsertRowid)
    },
    finish(entryId, { targetId, outcome, reason, at }) {
      if (finish.run(outcome, reason, at, entryId).changes !== 1) {
        throw new Error(`target ${targetId} has no open entry in the journal`)
      }
    },
    listOpen: () => listOpen.all().map(toEntry),
    hasLaterDone(entryId, { volumeId, identity, stream }) {
      return (laterDone.all(entryId) as string[]).some((json) => {
        const other = JSON.parse(json) as AnyTarget
        return other.stream === stream && other.identity === identity && other.volumeId === volumeId
      })
    },
  }
}

function toEntry(row: EntryRow): JournalEntry {
  return {
    entryId: row.entry_id,
    action: row.action,
    order: { orderId: row.order_id, orderedBy: row.ordered_by, reason: row.reason },
    target: JSON.parse(row.target),
    receipt: toReceipt(row),
  }
}

function toReceipt(row: EntryRow): Receipt | null {
  if (row.outcome === null) return null
  const { target_id: targetId, outcome, outcome_reason: reason, finished_at: at } = row
  return { targetId, outcome, reason, at }
}
