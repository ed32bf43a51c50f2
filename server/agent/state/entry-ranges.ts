/**
 * Which entries of the journal are open and what the others were answered. The entries of one commit follow each other
 * and mostly have one answer, so both are kept as ranges: a batch is a row or two, not a row for each target.
 */
import type Database from 'better-sqlite3'
import type { Receipt } from '../../protocol/order.ts'

/** A receipt and the entry that it closes. */
export interface Closing {
  readonly entryId: number
  readonly receipt: Receipt
}

/** For a query that has `entry_id`: what the entry was answered, or NULL. */
export const JOIN_ANSWER = `
  LEFT JOIN receipt_range ON last_entry_id >= entry_id AND first_entry_id = (
    SELECT MAX(first_entry_id) FROM receipt_range WHERE first_entry_id <= entry_id
  )
  LEFT JOIN answer USING (answer_id)`

/** For the same: begun and not finished. */
export const IS_OPEN =
  'EXISTS (SELECT 1 FROM open_range WHERE entry_id BETWEEN first_entry_id AND last_entry_id)'

/** Both ends are in it. */
export interface EntryRange {
  readonly first: number
  readonly last: number
}

export interface EntryRanges {
  open(first: number, last: number): void
  /** Oldest first. */
  listOpen(): EntryRange[]
  /** Each must be open. */
  finish(closings: readonly Closing[]): void
}

export function prepareEntryRanges(db: Database.Database): EntryRanges {
  const q = prepare(db)
  const close = ({ first, last }: EntryRange) => {
    for (let at = first; at <= last; ) {
      const open = q.openAt.get(at)
      if (!open || open.last < at) {
        throw new Error('a target that is answered has no open entry in the journal')
      }
      const end = Math.min(open.last, last)
      q.remove.run(open.first)
      if (open.first < at) q.open.run(open.first, at - 1)
      if (open.last > end) q.open.run(end + 1, open.last)
      at = end + 1
    }
  }
  return {
    open: (first, last) => void q.open.run(first, last),
    listOpen: () => q.listOpen.all(),
    finish(closings) {
      const ordered = [...closings].sort((one, other) => one.entryId - other.entryId)
      for (const range of rangesOf(ordered, () => true)) close(range)
      const ids = new Map<string, number | bigint>()
      for (const { first, last, receipt } of rangesOf(ordered, isSameAnswer)) {
        const { outcome, reason, at } = receipt
        const key = [outcome, at, reason].join('\0')
        const answerId = ids.get(key) ?? q.answer.run(outcome, reason, at).lastInsertRowid
        ids.set(key, answerId)
        q.receive.run(first, last, answerId)
      }
    },
  }
}

function prepare(db: Database.Database) {
  return {
    open: db.prepare('INSERT INTO open_range (first_entry_id, last_entry_id) VALUES (?, ?)'),
    openAt: db.prepare<[number], EntryRange>(`
      SELECT first_entry_id AS first, last_entry_id AS last FROM open_range
      WHERE first_entry_id <= ? ORDER BY first_entry_id DESC LIMIT 1
    `),
    listOpen: db.prepare<[], EntryRange>(`
      SELECT first_entry_id AS first, last_entry_id AS last FROM open_range ORDER BY first_entry_id
    `),
    remove: db.prepare('DELETE FROM open_range WHERE first_entry_id = ?'),
    answer: db.prepare('INSERT INTO answer (outcome, reason, finished_at) VALUES (?, ?, ?)'),
    receive: db.prepare(
      'INSERT INTO receipt_range (first_entry_id, last_entry_id, answer_id) VALUES (?, ?, ?)',
    ),
  }
}

/** Of those that are in order: the longest ranges in which each entry follows the one before and belongs with it. */
function* rangesOf(
  ordered: readonly Closing[],
  belongs: (one: Receipt, next: Receipt) => boolean,
): Generator<EntryRange & Pick<Closing, 'receipt'>> {
  let start = 0
  for (const [at, { entryId, receipt }] of ordered.entries()) {
    const next = ordered[at + 1]
    if (next?.entryId === entryId + 1 && belongs(receipt, next.receipt)) continue
    yield { first: ordered[start]!.entryId, last: entryId, receipt }
    start = at + 1
  }
}

function isSameAnswer(one: Receipt, next: Receipt): boolean {
  return one.outcome === next.outcome && one.reason === next.reason && one.at === next.at
}
