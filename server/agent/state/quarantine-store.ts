import type Database from 'better-sqlite3'
import type { ReceiptOutcome } from '../../protocol/order.ts'
import type { CarrierKind } from '../../protocol/stream.ts'
import { IS_OPEN, JOIN_ANSWER } from './entry-ranges.ts'
import type { Order } from './journal-store.ts'
import { prepareInsert } from './many-rows.ts'
import { type AnyTarget, idOf, type TargetRow, toTarget } from './target-rows.ts'

/** What is kept beside the removed bytes, for people and for restore. */
export interface QuarantineEntry {
  readonly entryId: number
  readonly sizeBytes: number
  readonly sha256: string
  /** Null: in a file of the quarantine folder, or pruned. */
  readonly bytes: Uint8Array | null
  readonly kind: CarrierKind
  /** Carrier's last write before. */
  readonly modifiedNs: bigint
  readonly keptAt: string
  readonly restoredAt: string | null
  readonly prunedAt: string | null
}

export type NewlyKept = Pick<
  QuarantineEntry,
  'entryId' | 'sizeBytes' | 'bytes' | 'kind' | 'modifiedNs'
>

/** An entry with what its order said and what came of it. */
export interface ListedEntry extends Omit<QuarantineEntry, 'bytes'> {
  readonly action: 'strip' | 'reduce'
  readonly order: Order
  readonly target: AnyTarget
  readonly outcome: ReceiptOutcome | null
}

/** What pruning looks at, oldest first. */
export interface KeptBytes {
  readonly entryId: number
  readonly targetId: string
  readonly sizeBytes: number
  readonly keptAt: string
  readonly isRestored: boolean
  readonly isInFile: boolean
}

/** Every statement on `quarantine`. An entry says that its bytes are complete and on disk. */
export interface QuarantineStore {
  find(targetId: string): QuarantineEntry | undefined
  /**
   * All at once, in the commit that begins them: the entries' part says when. Their SHA-256 is the one that the
   * entry's target names.
   */
  add(entries: readonly NewlyKept[]): void
  markRestored(entryId: number, at: string): void
  markPruned(entryId: number, at: string): void
  remove(entryId: number): void
  /** Newest first, older than `beforeId`. */
  list(beforeId: number, limit: number): ListedEntry[]
  /** With bytes, and settled: an open entry needs its bytes still. */
  listPrunable(): IterableIterator<KeptBytes>
  totals(): { readonly entries: number; readonly bytes: number }
}

interface QuarantineRow {
  entry_id: number
  size_bytes: number
  sha256: string
  bytes: Uint8Array | null
  kind: CarrierKind
  modified_ns: string
  kept_at: string
  restored_at: string | null
  pruned_at: string | null
}
interface ListedRow extends QuarantineRow, TargetRow {
  action: 'strip' | 'reduce'
  order_id: string
  ordered_by: string
  reason: string
  outcome: ReceiptOutcome | null
}
interface KeptRow {
  entry_id: number
  target_id: Buffer
  size_bytes: number
  kept_at: string
  is_restored: number
  is_in_file: number
}

export function createQuarantineStore(db: Database.Database): QuarantineStore {
  const q = prepare(db)
  return {
    find(targetId) {
      const row = q.find.get(targetId) as QuarantineRow | undefined
      return row && toEntry(row)
    },
    add(entries) {
      q.add(
        entries.flatMap(({ entryId, sizeBytes, bytes, kind, modifiedNs }) => [
          entryId,
          sizeBytes,
          bytes,
          kind,
          modifiedNs,
        ]),
      )
    },
    markRestored: (entryId, at) => void q.markRestored.run(at, entryId),
    markPruned: (entryId, at) => void q.markPruned.run(at, entryId),
    remove: (entryId) => void q.remove.run(entryId),
    list: (beforeId, limit) => (q.list.all(beforeId, limit) as ListedRow[]).map(toListed),
    *listPrunable() {
      for (const row of q.listPrunable.iterate()) yield toKept(row as KeptRow)
    },
    totals: () => q.totals.get() as { entries: number; bytes: number },
  }
}

const COLUMNS = `entry_id, size_bytes, COALESCE(common ->> '$.sha256', target ->> '$.sha256') AS sha256, kind,
  CAST(modified_ns AS TEXT) AS modified_ns, started_at AS kept_at, restored_at, pruned_at`

function prepare(db: Database.Database) {
  return {
    find: db.prepare(`
      SELECT ${COLUMNS}, bytes
      FROM order_target JOIN order_part USING (part_id) JOIN quarantine USING (entry_id)
      WHERE target_id = unhex(?, '-')
    `),
    add: prepareInsert(db, 'quarantine (entry_id, size_bytes, bytes, kind, modified_ns)'),
    markRestored: db.prepare('UPDATE quarantine SET restored_at = ? WHERE entry_id = ?'),
    markPruned: db.prepare('UPDATE quarantine SET pruned_at = ?, bytes = NULL WHERE entry_id = ?'),
    remove: db.prepare('DELETE FROM quarantine WHERE entry_id = ?'),
    list: db.prepare(`
      SELECT ${COLUMNS}, action, order_id, ordered_by, order_part.reason, target_id, common,
        target, outcome
      FROM quarantine JOIN order_target USING (entry_id) JOIN order_part USING (part_id)
      ${JOIN_ANSWER}
      WHERE entry_id < ? ORDER BY entry_id DESC LIMIT ?
    `),
    listPrunable: db.prepare(`
      SELECT entry_id, target_id, size_bytes, started_at AS kept_at,
             restored_at IS NOT NULL AS is_restored, bytes IS NULL AS is_in_file
      FROM quarantine JOIN order_target USING (entry_id) JOIN order_part USING (part_id)
      WHERE pruned_at IS NULL AND NOT ${IS_OPEN}
      ORDER BY entry_id
    `),
    totals: db.prepare(`
      SELECT COUNT(*) AS entries, COALESCE(SUM(size_bytes), 0) AS bytes
      FROM quarantine WHERE pruned_at IS NULL
    `),
  }
}

function toEntry(row: QuarantineRow): QuarantineEntry {
  return {
    entryId: row.entry_id,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    bytes: row.bytes,
    kind: row.kind,
    modifiedNs: BigInt(row.modified_ns),
    keptAt: row.kept_at,
    restoredAt: row.restored_at,
    prunedAt: row.pruned_at,
  }
}

function toListed(row: ListedRow): ListedEntry {
  return {
    entryId: row.entry_id,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    kind: row.kind,
    modifiedNs: BigInt(row.modified_ns),
    keptAt: row.kept_at,
    restoredAt: row.restored_at,
    prunedAt: row.pruned_at,
    action: row.action,
    order: { orderId: row.order_id, orderedBy: row.ordered_by, reason: row.reason },
    target: toTarget(row),
    outcome: row.outcome,
  }
}

function toKept(row: KeptRow): KeptBytes {
  return {
    entryId: row.entry_id,
    targetId: idOf(row.target_id),
    sizeBytes: row.size_bytes,
    keptAt: row.kept_at,
    isRestored: row.is_restored === 1,
    isInFile: row.is_in_file === 1,
  }
}
