import type Database from 'better-sqlite3'
import type { FileIdentity, VolumeId } from '../../protocol/ids.ts'
import type { ReportedStream, StreamKey } from '../../protocol/stream.ts'

/** A row of the inventory without its report. */
export interface KnownStream {
  readonly streamId: number
  readonly root: string
  readonly digest: string
  readonly isGone: boolean
  readonly wasSent: boolean
  readonly ackedDigest: string | null
  readonly revision: number
}

export interface PendingStream extends KnownStream {
  readonly key: StreamKey
  /** JSON of the ReportedStream: it goes out as it is, and its length is what bounds a delta. */
  readonly report: string
}

export interface AcknowledgedInventory {
  readonly count: number
  readonly digest: string
}

/**
 * Every statement on `stream` and `inventory`. Methods are synchronous and short; callers put those
 * that belong together into one transaction.
 */
export interface InventoryStore {
  find(key: StreamKey): KnownStream | undefined
  findById(streamId: number): PendingStream | undefined
  add(root: string, report: ReportedStream, digest: string): number
  /** The stream is here, as `report` says; a new revision. */
  change(streamId: number, root: string, report: ReportedStream, digest: string): void
  moveToRoot(streamId: number, root: string): void
  markGone(streamId: number): void
  markSent(streamId: number): void
  setAcknowledged(streamId: number, digest: string | null): void
  /** Queues the row again, behind everything queued so far. */
  bumpRevision(streamId: number): void
  remove(streamId: number): void
  /** Pending rows in order of revision, behind `afterRevision`. Stop early as you like. */
  pending(afterRevision: number, limit: number): IterableIterator<PendingStream>
  hasPending(afterRevision: number): boolean
  /** Whether a row that had changed by then is pending still. */
  hasPendingUpTo(revision: number): boolean
  /** Of the latest change. */
  revision(): number
  /** Ids of the streams that are here, ascending, behind `afterId`. */
  presentIds(afterId: number, limit: number): number[]
  nextSequence(): number
  acknowledged(): AcknowledgedInventory
  setAcknowledgedInventory(inventory: AcknowledgedInventory): void
  /** Central's copy is in doubt: nothing counts as acknowledged, everything as sent. */
  forgetAcknowledged(): void
  countPresent(): number
  countPending(): number
}

interface StreamRow {
  stream_id: number
  volume_id: VolumeId
  identity: FileIdentity
  name: Buffer
  root: string
  report: string
  digest: string
  is_gone: number
  was_sent: number
  acked_digest: string | null
  revision: number
}
type ShortRow = Omit<StreamRow, 'volume_id' | 'identity' | 'name' | 'report'>

const SHORT = 'stream_id, root, digest, is_gone, was_sent, acked_digest, revision'
/** Word for word the condition of the index `stream_pending`, or SQLite would not use it. */
const PENDING = '(is_gone = 1 OR acked_digest IS NOT digest)'
/** Exported for the test that they use their indexes: without, each would read every report. */
export const SQL_OF_QUEUE = {
  pending: `
    SELECT ${SHORT}, volume_id, identity, name, report
    FROM stream WHERE ${PENDING} AND revision > ? ORDER BY revision LIMIT ?
  `,
  countPending: `SELECT COUNT(*) FROM stream WHERE ${PENDING}`,
  countPresent: 'SELECT COUNT(*) FROM stream WHERE is_gone = 0',
}
const NEXT_REVISION = '(SELECT revision FROM inventory)'

export function createInventoryStore(db: Database.Database): InventoryStore {
  const q = prepare(db)
  return {
    find(key) {
      const row = q.find.get(key.volumeId, key.identity, nameBytes(key.stream)) as
        | ShortRow
        | undefined
      return row && toKnown(row)
    },
    findById(streamId) {
      const row = q.findById.get(streamId) as StreamRow | undefined
      return row && toPending(row)
    },
    add(root, report, digest) {
      q.grow.run()
      const { volumeId, identity, stream } = report
      const values = [nameBytes(stream), JSON.stringify(root), JSON.stringify(report), digest]
      return Number(q.add.run(volumeId, identity, ...values).lastInsertRowid)
    },
    change(streamId, root, report, digest) {
      q.grow.run()
      q.change.run(JSON.stringify(root), JSON.stringify(report), digest, streamId)
    },
    moveToRoot: (streamId, root) => void q.moveToRoot.run(JSON.stringify(root), streamId),
    markGone(streamId) {
      q.grow.run()
      q.markGone.run(streamId)
    },
    markSent: (streamId) => void q.markSent.run(streamId),
    setAcknowledged: (streamId, digest) => void q.setAcknowledged.run(digest, streamId),
    bumpRevision(streamId) {
      q.grow.run()
      q.bump.run(streamId)
    },
    remove: (streamId) => void q.remove.run(streamId),
    *pending(afterRevision, limit) {
      for (const row of q.pending.iterate(afterRevision, limit)) yield toPending(row as StreamRow)
    },
    hasPending: (afterRevision) => q.hasPending.get(afterRevision) !== undefined,
    hasPendingUpTo: (revision) => q.hasPendingUpTo.get(revision) !== undefined,
    revision: () => q.revision.get() as number,
    presentIds: (afterId, limit) => q.presentIds.all(afterId, limit) as number[],
    nextSequence: () => q.nextSequence.get() as number,
    acknowledged: () => q.acknowledged.get() as AcknowledgedInventory,
    setAcknowledgedInventory: ({ count, digest }) => void q.setInventory.run(count, digest),
    forgetAcknowledged: () => void q.forget.run(),
    countPresent: () => q.countPresent.get() as number,
    countPending: () => q.countPending.get() as number,
  }
}

function prepare(db: Database.Database) {
  return {
    find: db.prepare(
      `SELECT ${SHORT} FROM stream WHERE volume_id = ? AND identity = ? AND name = ?`,
    ),
    findById: db.prepare(
      `SELECT ${SHORT}, volume_id, identity, name, report FROM stream WHERE stream_id = ?`,
    ),
    grow: db.prepare('UPDATE inventory SET revision = revision + 1'),
    add: db.prepare(`
      INSERT INTO stream (volume_id, identity, name, root, report, digest, revision)
      VALUES (?, ?, ?, ?, ?, ?, ${NEXT_REVISION})
    `),
    change: db.prepare(`
      UPDATE stream SET root = ?, report = ?, digest = ?, is_gone = 0, revision = ${NEXT_REVISION}
      WHERE stream_id = ?
    `),
    moveToRoot: db.prepare('UPDATE stream SET root = ? WHERE stream_id = ?'),
    markGone: db.prepare(
      `UPDATE stream SET is_gone = 1, revision = ${NEXT_REVISION} WHERE stream_id = ?`,
    ),
    markSent: db.prepare('UPDATE stream SET was_sent = 1 WHERE stream_id = ?'),
    setAcknowledged: db.prepare('UPDATE stream SET acked_digest = ? WHERE stream_id = ?'),
    bump: db.prepare(`UPDATE stream SET revision = ${NEXT_REVISION} WHERE stream_id = ?`),
    remove: db.prepare('DELETE FROM stream WHERE stream_id = ?'),
    pending: db.prepare(SQL_OF_QUEUE.pending),
    hasPending: db.prepare(
      `SELECT 1 FROM stream WHERE ${PENDING} AND revision > ? ORDER BY revision LIMIT 1`,
    ),
    hasPendingUpTo: db.prepare(
      `SELECT 1 FROM stream WHERE ${PENDING} AND revision <= ? ORDER BY revision LIMIT 1`,
    ),
    revision: db.prepare('SELECT revision FROM inventory').pluck(),
    presentIds: db
      .prepare(
        'SELECT stream_id FROM stream WHERE is_gone = 0 AND stream_id > ? ORDER BY stream_id LIMIT ?',
      )
      .pluck(),
    nextSequence: db
      .prepare('UPDATE inventory SET sequence = sequence + 1 RETURNING sequence')
      .pluck(),
    acknowledged: db.prepare('SELECT acked_count AS count, acked_digest AS digest FROM inventory'),
    setInventory: db.prepare('UPDATE inventory SET acked_count = ?, acked_digest = ?'),
    forget: db.prepare('UPDATE stream SET acked_digest = NULL, was_sent = 1'),
    countPresent: db.prepare(SQL_OF_QUEUE.countPresent).pluck(),
    countPending: db.prepare(SQL_OF_QUEUE.countPending).pluck(),
  }
}

function nameBytes(name: string): Buffer {
  return Buffer.from(name, 'utf16le')
}

function toKnown(row: ShortRow): KnownStream {
  return {
    streamId: row.stream_id,
    root: JSON.parse(row.root),
    digest: row.digest,
    isGone: row.is_gone === 1,
    wasSent: row.was_sent === 1,
    ackedDigest: row.acked_digest,
    revision: row.revision,
  }
}

function toPending(row: StreamRow): PendingStream {
  const stream = row.name.toString('utf16le')
  const key = { volumeId: row.volume_id, identity: row.identity, stream }
  return { ...toKnown(row), key, report: row.report }
}
