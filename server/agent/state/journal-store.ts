import type Database from 'better-sqlite3'
import type { OrderAction, Receipt, ReceiptOutcome } from '../../protocol/order.ts'
import { type Closing, JOIN_ANSWER, prepareEntryRanges } from './entry-ranges.ts'
import {
  type AnyTarget,
  commonOf,
  idOf,
  restOf,
  type TargetRow,
  targetIdsOf,
  toTarget,
} from './target-rows.ts'

export type { AnyTarget } from './target-rows.ts'

/** Who asked for what and why, as the request said it. */
export interface Order {
  readonly orderId: string
  readonly orderedBy: string
  readonly reason: string
}

export interface JournalEntry {
  readonly entryId: number
  readonly action: OrderAction
  readonly order: Order
  readonly target: AnyTarget
  /** Null: begun and not finished. */
  readonly receipt: Receipt | null
}

/** A target that is about to be acted on. */
export interface Beginning {
  readonly action: OrderAction
  readonly order: Order
  readonly target: AnyTarget
}

/**
 * Every statement on `order_target` and what belongs to it. Entries are never deleted: they are what makes a
 * repeat harmless.
 */
export interface JournalStore {
  find(targetId: string): JournalEntry | undefined
  /** Those of these targets that it knows, by their ids. */
  findAll(targetIds: readonly string[]): Map<string, JournalEntry>
  /** All at once. Returns the id of the first one's entry; those of the others follow it. */
  begin(startedAt: string, beginnings: readonly Beginning[]): number
  /** All at once. A second receipt for a target is an error: it would be a lie about the first. */
  finish(closings: readonly Closing[]): void
  /** Begun and not finished, oldest first. */
  listOpen(): JournalEntry[]
  /**
   * Tells of entries from `fromEntryId` on whether an order begun after them has changed the very stream that their
   * target names. Reads all that came since, once.
   */
  laterDone(fromEntryId: number): (entryId: number, target: AnyTarget) => boolean
}

interface EntryRow extends TargetRow {
  entry_id: number
  action: OrderAction
  order_id: string
  ordered_by: string
  reason: string
  outcome: ReceiptOutcome | null
  outcome_reason: string
  finished_at: string
}

const ENTRIES = `
  SELECT entry_id, action, order_id, ordered_by, order_part.reason, target_id, common, target,
         outcome, answer.reason AS outcome_reason, finished_at
  FROM order_target JOIN order_part USING (part_id) ${JOIN_ANSWER}`

export function createJournalStore(db: Database.Database): JournalStore {
  const q = prepare(db)
  const ranges = prepareEntryRanges(db)
  return {
    find(targetId) {
      const row = q.find.get(targetId)
      return row && toEntry(row)
    },
    findAll(targetIds) {
      // Ids are given in the order of time: most that come are above all that are here.
      const { highest } = q.highest.get()!
      if (highest === null) return new Map()
      const latestId = idOf(highest)
      const mayBeKnown = targetIds.filter((targetId) => targetId <= latestId)
      if (mayBeKnown.length === 0) return new Map()
      const entries = q.findAll.all(JSON.stringify(mayBeKnown)).map(toEntry)
      return new Map(entries.map((entry) => [entry.target.targetId, entry]))
    },
    begin(startedAt, beginnings) {
      const first = q.next.get()!.entry_id
      let end = 0
      for (let at = 0; at < beginnings.length; at = end) {
        const { action, order } = beginnings[at]!
        const targets: AnyTarget[] = []
        for (end = at; end < beginnings.length; end++) {
          const { action: other, order: its, target } = beginnings[end]!
          if (other !== action || its !== order) break
          targets.push(target)
        }
        const { orderId, orderedBy, reason } = order
        const common = commonOf(targets)
        const said = JSON.stringify(common)
        const partId = q.beginPart.run(action, orderId, orderedBy, reason, startedAt, said)
        const rest = JSON.stringify(restOf(targets, common))
        const ids = targetIdsOf(targets)
        q.begin.run(first + at, ids, partId.lastInsertRowid, rest)
      }
      ranges.open(first, first + beginnings.length - 1)
      return first
    },
    finish: (closings) => ranges.finish(closings),
    listOpen: () =>
      ranges.listOpen().flatMap(({ first, last }) => q.between.all(first, last).map(toEntry)),
    laterDone(fromEntryId) {
      const last = new Map<string, number>()
      for (const row of q.laterDone.iterate(fromEntryId)) {
        last.set(streamOf(toTarget(row)), row.entry_id)
      }
      return (entryId, target) => (last.get(streamOf(target)) ?? entryId) > entryId
    },
  }
}

function prepare(db: Database.Database) {
  return {
    find: db.prepare<[string], EntryRow>(`${ENTRIES} WHERE target_id = unhex(?, '-')`),
    findAll: db.prepare<[string], EntryRow>(
      `${ENTRIES} WHERE target_id IN (SELECT unhex(value, '-') FROM json_each(?))`,
    ),
    between: db.prepare<[number, number], EntryRow>(
      `${ENTRIES} WHERE entry_id BETWEEN ? AND ? ORDER BY entry_id`,
    ),
    highest: db.prepare<[], { highest: Buffer | null }>(
      'SELECT MAX(target_id) AS highest FROM order_target',
    ),
    next: db.prepare<[], Pick<EntryRow, 'entry_id'>>(
      'SELECT COALESCE(MAX(entry_id), 0) + 1 AS entry_id FROM order_target',
    ),
    beginPart: db.prepare(`
      INSERT INTO order_part (action, order_id, ordered_by, reason, started_at, common)
      VALUES (?, ?, ?, ?, ?, ?)
    `),
    // One statement for a batch: a call for each row would cost more than the row. Nothing is asked of a row's JSON
    // here, which would be read again for each question.
    begin: db.prepare(`
      INSERT INTO order_target (entry_id, target_id, part_id, target)
      SELECT ? + key, substr(?, key * 16 + 1, 16), ?, value FROM json_each(?)
    `),
    // Only the repeat of an interrupted target asks for it.
    laterDone: db.prepare<[number], TargetRow & Pick<EntryRow, 'entry_id'>>(`
      SELECT entry_id, target_id, common, target
      FROM order_target JOIN order_part USING (part_id) ${JOIN_ANSWER}
      WHERE entry_id > ? AND outcome = 'done' ORDER BY entry_id
    `),
  }
}

function streamOf({ volumeId, identity, stream }: AnyTarget): string {
  return [volumeId, identity, stream].join('\0')
}

function toEntry(row: EntryRow): JournalEntry {
  const target = toTarget(row)
  return {
    entryId: row.entry_id,
    action: row.action,
    order: { orderId: row.order_id, orderedBy: row.ordered_by, reason: row.reason },
    target,
    receipt: toReceipt(row, target),
  }
}

function toReceipt(row: EntryRow, { targetId }: AnyTarget): Receipt | null {
  if (row.outcome === null) return null
  return { targetId, outcome: row.outcome, reason: row.outcome_reason, at: row.finished_at }
}
