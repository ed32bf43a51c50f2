import type Database from 'better-sqlite3'
import type { FileIdentity, VolumeId } from '../../protocol/ids.ts'
import type { ReportedStream, StreamKey } from '../../protocol/stream.ts'
import type { PlaceStore } from './place-store.ts'

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

export interface AcknowledgedStream {
  readonly streamId: number
  readonly key: StreamKey
  readonly ackedDigest: string
}

/** A row as it was when a delta took it along. */
export interface SentEntry {
  readonly streamId: number
  readonly revision: number
  /** Null: sent as gone. */
  readonly digest: string | null
}

/** A delta that was sent and is not acknowledged. */
export interface InFlight {
  readonly sequence: number
  readonly entries: readonly SentEntry[]
}

/**
 * Every statement on `stream`, `inventory` and `in_flight`. Methods are synchronous and short; callers put those
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
  /** Of this state, for good. */
  epoch(): string
  /** Of the latest delta. */
  sequence(): number
  setSequence(sequence: number): void
  /** Ascending. */
  inFlight(): InFlight[]
  addInFlight(delta: InFlight): void
  removeInFlight(sequence: number): void
  acknowledged(): AcknowledgedInventory
  setAcknowledgedInventory(inventory: AcknowledgedInventory): void
  /** Rows that central has acknowledged, ascending, behind `afterId`. */
  acknowledgedStreams(afterId: number, limit: number): AcknowledgedStream[]
  /** Central's copy of the row is in doubt: not acknowledged, but sent. */
  forgetAcknowledged(streamId: number): void
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

export function createInventoryStore(db: Database.Database, places: PlaceStore): InventoryStore {
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
      const json = JSON.stringify(report)
      const values = [nameBytes(stream), JSON.stringify(root), json, digest]
      const streamId = Number(q.add.run(volumeId, identity, ...values).lastInsertRowid)
      places.keep(streamId, json)
      return streamId
    },
    change(streamId, root, report, digest) {
      q.grow.run()
      const json = JSON.stringify(report)
      q.change.run(JSON.stringify(root), json, digest, streamId)
      places.keep(streamId, json)
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
    epoch: () => q.epoch.get() as string,
    sequence: () => q.sequence.get() as number,
    setSequence: (sequence) => void q.setSequence.run(sequence),
    inFlight: () => (q.inFlight.all() as InFlightRow[]).map(toInFlight),
    addInFlight: (delta) => void q.addInFlight.run(delta.sequence, fromEntries(delta.entries)),
    removeInFlight: (sequence) => void q.removeInFlight.run(sequence),
    acknowledged: () => q.acknowledged.get() as AcknowledgedInventory,
    setAcknowledgedInventory: ({ count, digest }) => void q.setInventory.run(count, digest),
    acknowledgedStreams: (afterId, limit) =>
      (q.acknowledgedStreams.all(afterId, limit) as StreamRow[]).map((row) => ({
        streamId: row.stream_id,
        key: toKey(row),
        ackedDigest: row.acked_digest!,
      })),
    forgetAcknowledged: (streamId) => void q.forget.run(streamId),
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
    epoch: db.prepare('SELECT epoch FROM inventory').pluck(),
    sequence: db.prepare('SELECT sequence FROM inventory').pluck(),
    setSequence: db.prepare('UPDATE inventory SET sequence = ?'),
    inFlight: db.prepare('SELECT sequence, entries FROM in_flight ORDER BY sequence'),
    addInFlight: db.prepare('INSERT INTO in_flight (sequence, entries) VALUES (?, ?)'),
    removeInFlight: db.prepare('DELETE FROM in_flight WHERE sequence = ?'),
    acknowledged: db.prepare('SELECT acked_count AS count, acked_digest AS digest FROM inventory'),
    setInventory: db.prepare('UPDATE inventory SET acked_count = ?, acked_digest = ?'),
    acknowledgedStreams: db.prepare(`
      SELECT stream_id, volume_id, identity, name, acked_digest FROM stream
      WHERE acked_digest IS NOT NULL AND stream_id > ? ORDER BY stream_id LIMIT ?
    `),
    forget: db.prepare('UPDATE stream SET acked_digest = NULL, was_sent = 1 WHERE stream_id = ?'),
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
  return { ...toKnown(row), key: toKey(row), report: row.report }
}

function toKey(row: Pick<StreamRow, 'volume_id' | 'identity' | 'name'>): StreamKey {
  const stream = row.name.toString('utf16le')
  return { volumeId: row.volume_id, identity: row.identity, stream }
}

interface InFlightRow {
  sequence: number
  entries: string
}
type EntryTuple = [streamId: number, revision: number, digest: string | null]

function toInFlight({ sequence, entries }: InFlightRow): InFlight {
  const tuples = JSON.parse(entries) as EntryTuple[]
  return {
    sequence,
    entries: tuples.map(([streamId, revision, digest]) => ({ streamId, revision, digest })),
  }
}

function fromEntries(entries: readonly SentEntry[]): string {
  return JSON.stringify(
    entries.map(({ streamId, revision, digest }): EntryTuple => [streamId, revision, digest]),
  )
}
