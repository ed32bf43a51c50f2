/** Applies one machine's deltas within a transaction that somebody else begins and ends. */
import type { Database } from 'better-sqlite3'
import type { StreamKey, VerdictName } from '../../../protocol/stream.ts'
import { bucketOf } from '../../../shared/inventory-buckets.ts'
import { streamDigest } from '../../../shared/inventory-digest.ts'
import { boundCode, CODE_SQL, codeAt } from './code-columns.ts'
import type { Dictionaries } from './dictionaries.ts'
import type { FirstSeen } from './first-seen.ts'
import { encodeIdentity } from './identity-code.ts'
import {
  type DeltaApplied,
  DeltaRefused,
  MAX_NOTABLE,
  type NotableChange,
} from './inventory-engine.ts'
import type { ItemEntry, Items } from './items.ts'
import type { CountedItem, LiveCounts } from './live-counts.ts'
import { countStream, type MachineState, type MachineStates } from './machine-states.ts'
import type { PreparedDelta, StreamColumns } from './prepared-delta.ts'
import { chosenBuckets, Resync } from './resyncs.ts'
import type { StoredDelta } from './stored-delta.ts'
import {
  fromStoredReport,
  REPORT_COLUMNS_SQL,
  REPORT_FROM_SQL,
  type StoredReportRow,
} from './stored-report.ts'
import { createStreamRows, type KnownStream } from './stream-rows.ts'

/** What deltas are applied with. All of them belong to one connection and one transaction. */
export interface WriterParts {
  db: Database
  dictionaries: Dictionaries
  items: Items
  counts: LiveCounts
  firstSeen: FirstSeen
  machines: MachineStates
}

export interface DeltaWriter {
  /** Nothing is written before it is sure that the delta is not refused. */
  apply(state: MachineState, delta: PreparedDelta, now: number): DeltaApplied
}

interface OldRow extends StoredReportRow {
  tally_no: number
  family_no: number
  host_no: number
}

/** One delta while it is applied. */
interface Application {
  state: MachineState
  now: number
  upserts: StreamColumns
  changed: number
  notable: NotableChanges
}

export function createDeltaWriter(parts: WriterParts): DeltaWriter {
  const { items, counts, firstSeen, machines, dictionaries } = parts
  const statements = prepare(parts.db)
  const rows = createStreamRows(parts.db, firstSeen)

  const upsert = (at: Application, volumeNos: readonly number[]): void => {
    const { state, now, upserts } = at
    const itemsOfAll = Array.from(upserts.items, items.resolve)
    const streams = { columns: upserts, items: itemsOfAll, volumeNos, now }
    rows.insert(streams, (place, streamId, known) => {
      state.resync?.name(streamId)
      const item = itemsOfAll[place] as ItemEntry
      if (known === null) appeared(at, place, streamId, item, null)
      else reportedAgain(at, place, item, known)
    })
  }

  const reportedAgain = (
    at: Application,
    place: number,
    item: ItemEntry,
    { streamId, itemNo, modifiedAt, goneAt }: KnownStream,
  ): void => {
    const reportedModified = codeAt(at.upserts.modifiedAt, place)
    const isThere = goneAt === null
    if (isThere && itemNo === item.itemNo && modifiedAt === reportedModified) return
    const before = isThere ? subtract(at, streamId) : null
    statements.update.run(item.itemNo, ...boundCode(reportedModified), at.now, streamId)
    appeared(at, place, streamId, item, before)
  }

  const selectOld = (streamId: number): OldRow => {
    // It may be of this very transaction.
    items.write()
    return statements.selectOld.get(streamId)!
  }

  const appeared = (
    at: Application,
    place: number,
    streamId: number,
    item: ItemEntry,
    before: VerdictName | null,
  ): void => {
    at.changed += 1
    at.state.digest.addLimbs(at.upserts.digests, place)
    count(at, item, item.verdict, 1)
    note(at, streamId, before, item.verdict)
  }

  /** Takes a stream that is there out of counts and digest; returns its verdict. */
  const subtract = (at: Application, streamId: number): VerdictName => {
    const row = selectOld(streamId)
    const old = fromStoredReport(row)
    at.state.digest.subtract(streamDigest(old))
    const item = {
      itemNo: row.item_no,
      classNo: row.class_no,
      familyNo: row.family_no,
      hostNo: row.host_no,
      tallyNo: row.tally_no,
    }
    count(at, item, old.verdict, -1)
    return old.verdict
  }

  const count = (
    { state }: Application,
    item: CountedItem,
    verdict: VerdictName,
    sign: 1 | -1,
  ): void => {
    counts.add(state.machineNo, item, sign)
    countStream(state, verdict, sign)
  }

  const goneByKey = (at: Application, key: StreamKey): void => {
    const volumeNo = at.state.volumes.get(key.volumeId)
    const streamNameNo = dictionaries.findStreamName(key.stream)
    // Never heard of, or gone already: a repeat, or it came and went between two deltas.
    if (volumeNo === undefined || streamNameNo === undefined) return
    const identity = encodeIdentity(key.identity)
    const known = rows.find(volumeNo, identity, streamNameNo)
    if (known !== undefined && known.goneAt === null) gone(at, known.streamId)
  }

  const gone = (at: Application, streamId: number): void => {
    at.changed += 1
    note(at, streamId, subtract(at, streamId), null)
    statements.setGone.run({ streamId, now: at.now })
  }

  const unnamedGone = (at: Application, resync: NonNullable<StoredDelta['resync']>): void => {
    const named = at.state.resync!.named()
    const buckets = chosenBuckets(resync.buckets)
    for (const { streamId } of statements.selectLive.all(at.state.machineNo)) {
      if (named.has(streamId)) continue
      if (buckets !== null) {
        const key = fromStoredReport(selectOld(streamId))
        if (!buckets.has(bucketOf(key, resync.buckets!.count))) continue
      }
      gone(at, streamId)
    }
    at.state.resync = null
    at.state.isResyncOver = true
  }

  return {
    apply: (state, delta, now) => {
      const isRepeat = state.epoch !== null && delta.sequence <= state.sequence
      const notable = new NotableChanges()
      const at: Application = { state, now, upserts: delta.upserts, changed: 0, notable }
      if (!isRepeat) {
        refuseGap(state, delta.sequence)
        const resync = beginResync(state, delta.resync)
        machines.touch(state)
        const volumeNos = delta.volumeIds.map((volumeId) => machines.volumeNo(state, volumeId))
        upsert(at, volumeNos)
        for (const key of delta.gone) goneByKey(at, key)
        if (resync?.isLast === true) unnamedGone(at, resync)
        state.sequence = delta.sequence
      }
      return {
        sequence: delta.sequence,
        changed: at.changed,
        counts: { ...state.counts },
        digest: state.digest.toHex(),
        notable: at.notable.changes,
      }
    },
  }
}

/** The one before failed, or was lost: a resume point beyond it would say that it is here. */
function refuseGap({ epoch, sequence }: MachineState, next: number): void {
  if (epoch === null || next === sequence + 1) return
  throw new DeltaRefused(`delta ${next} came after ${sequence}: one between them is missing`)
}

/**
 * Deltas outside a resync name their streams too: a stream that appears while everything is sent again must not
 * go with the last of it. A resync that is over is not begun again by a late repeat of its last delta.
 */
function beginResync(state: MachineState, resync: StoredDelta['resync']): StoredDelta['resync'] {
  if (resync === null) return null
  if (resync.id !== state.resyncId) {
    state.resyncId = resync.id
    state.isResyncOver = false
    state.resync = new Resync(resync.id)
  }
  if (state.isResyncOver) return null
  if (state.resync === null) {
    throw new DeltaRefused('what this resync named before is forgotten; begin another one')
  }
  return resync
}

function note(
  { notable }: Application,
  streamId: number,
  before: VerdictName | null,
  after: VerdictName | null,
): void {
  if (before === after) return
  if (before === 'suspicious') notable.add('suspicious-gone', streamId)
  if (after === 'suspicious') notable.add('suspicious-appeared', streamId)
  if (before === 'mark') notable.add('mark-gone', streamId)
  if (after === 'mark') notable.add('mark-appeared', streamId)
}

/** The first few of each kind: a first scan has thousands. */
class NotableChanges {
  readonly changes: NotableChange[] = []
  readonly #counts = new Map<NotableChange['kind'], number>()

  add(kind: NotableChange['kind'], streamId: number): void {
    const count = this.#counts.get(kind) ?? 0
    if (count === MAX_NOTABLE) return
    this.#counts.set(kind, count + 1)
    this.changes.push({ kind, streamId })
  }
}

function prepare(db: Database) {
  return {
    selectOld: db.prepare<[number], OldRow>(
      `SELECT ${REPORT_COLUMNS_SQL}, c.tally_no, k.family_no, k.host_no
       ${REPORT_FROM_SQL} JOIN class_key AS k ON k.class_no = c.class_no WHERE s.stream_id = ?`,
    ),
    selectLive: db.prepare<[number], { streamId: number }>(`
      SELECT s.stream_id AS streamId FROM volume AS v JOIN stream AS s USING (volume_no)
      WHERE v.machine_no = ? AND s.gone_at IS NULL ORDER BY s.stream_id
    `),
    update: db.prepare<unknown[]>(`
      UPDATE stream SET item_no = ?, modified_at = ${CODE_SQL}, seen_at = ?, gone_at = NULL
      WHERE stream_id = ?
    `),
    // Its volume's last complete scan saw it too, though that did not touch the row.
    setGone: db.prepare<[{ streamId: number; now: number }]>(`
      UPDATE stream AS s SET
        gone_at = @now,
        seen_at = nullif(max(ifnull(s.seen_at, 0), ifnull((
          SELECT v.confirmed_at FROM volume AS v WHERE v.volume_no = s.volume_no), 0)), 0)
      WHERE stream_id = @streamId
    `),
  }
}
