/**
 * Writes what agents report: the one place that changes `stream`, together with the counts and the digest
 * of its machine.
 *
 * What callers may rely on:
 *
 * - {@link InventoryStore.applyDelta} is one IMMEDIATE transaction: all of a delta or nothing. When it
 *   has returned, the delta is on disk, and only then may it be acknowledged.
 * - Storing a delta again changes nothing but `last seen`: an upsert says the whole state, a gone key
 *   stays gone.
 * - A stream that comes back is the same row again, with `goneAt` null.
 *
 * What callers must see to: the machine is the one whose key signed the connection's hello.
 */
import type { Database } from 'better-sqlite3'
import type { FileIdentity, MachineId, VolumeId } from '../../protocol/ids.ts'
import type { BucketChoice, InventoryDelta } from '../../protocol/link-frames.ts'
import type { ReportedStream, StreamKey } from '../../protocol/stream.ts'
import { bucketOf } from '../../shared/inventory-buckets.ts'
import {
  addToDigest,
  EMPTY_DIGEST,
  streamDigest,
  subtractFromDigest,
} from '../../shared/inventory-digest.ts'
import { type ReportRow, type SearchRow, toStreamRow, toUtf16 } from './stream-rows.ts'

export interface InventoryStore {
  /** Returns how many streams were added, changed or went. Throws if the machine does not exist. */
  applyDelta(machineId: MachineId, delta: InventoryDelta, now: number): number
  beginConnection(
    machineId: MachineId,
    epoch: string | null,
  ): { sequence: number; count: number; digest: string }
  bucketDigests(machineId: MachineId, bucketCount: number): string[]
}

interface MachineRow {
  machine_no: number
  stream_count: number
  mark_count: number
  suspicious_count: number
  digest: string
  resync_id: string | null
  resync_no: number
  agent_epoch: string | null
  agent_sequence: number
}

interface LiveRow extends KnownRow {
  volume_id: VolumeId
  identity: FileIdentity
  stream_name_utf16: Buffer
}

interface KnownRow {
  stream_id: number
  verdict: string
  digest: string
  gone_at: number | null
}

type KeyColumns = Pick<ReportRow, 'volume_id' | 'identity' | 'stream_name_utf16'>

export function createInventoryStore(db: Database): InventoryStore {
  const statements = prepare(db)

  const applyDelta = db.transaction(
    (machineId: MachineId, delta: InventoryDelta, now: number): number => {
      const machine = statements.selectMachine.get({ machineId })
      if (machine === undefined) throw new Error(`no machine ${machineId}`)
      if (machine.agent_epoch !== null) {
        if (delta.sequence <= machine.agent_sequence) return 0
        machine.agent_sequence = delta.sequence
      }
      beginResync(machine, delta)
      let changed = 0
      for (const stream of delta.upserts) changed += upsert(statements, machine, stream, now)
      for (const key of delta.gone) changed += markGone(statements, machine, key, now)
      if (delta.resync?.isLast === true) {
        changed += markUnnamedGone(statements, machine, delta.resync.buckets, now)
      }
      statements.updateMachine.run({ ...machine, now })
      return changed
    },
  )
  return {
    applyDelta: (machineId, delta, now) => applyDelta.immediate(machineId, delta, now),
    beginConnection: (machineId, epoch) => {
      const machine = statements.selectMachine.get({ machineId })!
      if (machine.agent_epoch !== epoch) {
        machine.agent_epoch = epoch
        machine.agent_sequence = 0
        statements.updateMachine.run({ ...machine, now: 0 })
      }
      const { agent_sequence: sequence, stream_count: count, digest } = machine
      return { sequence, count, digest }
    },
    bucketDigests: (machineId, bucketCount) => {
      const digests = new Array<string>(bucketCount).fill(EMPTY_DIGEST)
      for (const row of statements.selectLive.all({ machineId })) {
        const bucket = bucketOf(keyOf(row), bucketCount)
        digests[bucket] = addToDigest(digests[bucket]!, row.digest)
      }
      return digests
    },
  }
}

function keyOf(row: LiveRow): StreamKey {
  const stream = row.stream_name_utf16.toString('utf16le')
  return { volumeId: row.volume_id, identity: row.identity, stream }
}

/**
 * Each resync has a number, and a row has the number of the resync under which it was last named; so "was
 * not named" is one comparison. Deltas outside a resync name their streams too: a stream that appears
 * while everything is sent again must not go with the last of it, nor with a late repeat of the last.
 */
function beginResync(machine: MachineRow, delta: InventoryDelta): void {
  if (delta.resync === null || delta.resync.id === machine.resync_id) return
  machine.resync_id = delta.resync.id
  machine.resync_no += 1
}

function upsert(
  statements: Statements,
  machine: MachineRow,
  stream: ReportedStream,
  now: number,
): number {
  const row = toStreamRow(stream)
  const digest = streamDigest(stream)
  const known = statements.selectKnown.get({ ...row, machine_no: machine.machine_no })
  const stamp = { resync_no: machine.resync_no, now }
  if (known === undefined) {
    statements.insert.run({ ...row, ...stamp, machine_no: machine.machine_no, digest })
  } else if (known.gone_at === null && known.digest === digest) {
    statements.touch.run({ ...stamp, stream_id: known.stream_id })
    return 0
  } else {
    if (known.gone_at === null) count(machine, known.verdict, known.digest, -1)
    statements.update.run({ ...row, ...stamp, digest, stream_id: known.stream_id })
  }
  count(machine, stream.verdict, digest, 1)
  return 1
}

function markGone(
  statements: Statements,
  machine: MachineRow,
  key: StreamKey,
  now: number,
): number {
  const known = statements.selectKnown.get({
    machine_no: machine.machine_no,
    volume_id: key.volumeId,
    identity: key.identity,
    stream_name_utf16: toUtf16(key.stream),
  })
  // Never heard of, or gone already: a repeat, or it came and went between two deltas.
  if (known === undefined || known.gone_at !== null) return 0
  count(machine, known.verdict, known.digest, -1)
  statements.setGone.run({ stream_id: known.stream_id, now })
  return 1
}

function markUnnamedGone(
  statements: Statements,
  machine: MachineRow,
  buckets: BucketChoice | null,
  now: number,
): number {
  const chosen = new Set(buckets?.numbers)
  const unnamed = statements.selectUnnamed
    .all(machine)
    .filter((row) => buckets === null || chosen.has(bucketOf(keyOf(row), buckets.count)))
  for (const row of unnamed) {
    count(machine, row.verdict, row.digest, -1)
    statements.setGone.run({ stream_id: row.stream_id, now })
  }
  return unnamed.length
}

function count(machine: MachineRow, verdict: string, digest: string, sign: 1 | -1): void {
  machine.stream_count += sign
  if (verdict === 'mark') machine.mark_count += sign
  if (verdict === 'suspicious') machine.suspicious_count += sign
  machine.digest =
    sign === 1 ? addToDigest(machine.digest, digest) : subtractFromDigest(machine.digest, digest)
}

type Statements = ReturnType<typeof prepare>
type Stamp = { resync_no: number; now: number }
type FullRow = ReportRow & SearchRow & Stamp & { digest: string }

function prepare(db: Database) {
  return {
    selectMachine: db.prepare<{ machineId: string }, MachineRow>(`
      SELECT machine_no, stream_count, mark_count, suspicious_count, digest, resync_id, resync_no,
        agent_epoch, agent_sequence
      FROM machine WHERE machine_id = @machineId
    `),
    updateMachine: db.prepare<MachineRow & { now: number }>(`
      UPDATE machine SET
        stream_count = @stream_count, mark_count = @mark_count, suspicious_count = @suspicious_count,
        digest = @digest, resync_id = @resync_id, resync_no = @resync_no,
        agent_epoch = @agent_epoch, agent_sequence = @agent_sequence,
        last_seen_at = max(last_seen_at, @now)
      WHERE machine_no = @machine_no
    `),
    selectKnown: db.prepare<KeyColumns & { machine_no: number }, KnownRow>(`
      SELECT stream_id, verdict, digest, gone_at FROM stream
      WHERE machine_no = @machine_no AND volume_id = @volume_id AND identity = @identity
        AND stream_name_utf16 = @stream_name_utf16
    `),
    selectUnnamed: db.prepare<MachineRow, LiveRow>(`
      SELECT stream_id, verdict, digest, gone_at, volume_id, identity, stream_name_utf16 FROM stream
      WHERE machine_no = @machine_no AND gone_at IS NULL AND resync_no <> @resync_no
    `),
    selectLive: db.prepare<{ machineId: string }, LiveRow>(`
      SELECT stream_id, verdict, digest, gone_at, volume_id, identity, stream_name_utf16 FROM stream
      WHERE machine_no = (SELECT machine_no FROM machine WHERE machine_id = @machineId) AND gone_at IS NULL
    `),
    insert: db.prepare<FullRow & { machine_no: number }>(`
      INSERT INTO stream (
        machine_no, volume_id, identity, stream_name_utf16, path_utf16, links_json, kind, size_bytes,
        allocated_bytes, is_resident, modified_at, sha256, origin_json, verdict, rule, digest,
        first_seen_at, last_seen_at, gone_at, resync_no, path, file_name, extension, stream_name,
        zone, host, referrer, writer)
      VALUES (
        @machine_no, @volume_id, @identity, @stream_name_utf16, @path_utf16, @links_json, @kind, @size_bytes,
        @allocated_bytes, @is_resident, @modified_at, @sha256, @origin_json, @verdict, @rule, @digest,
        @now, @now, NULL, @resync_no, @path, @file_name, @extension, @stream_name,
        @zone, @host, @referrer, @writer)
    `),
    update: db.prepare<FullRow & { stream_id: number }>(`
      UPDATE stream SET
        path_utf16 = @path_utf16, links_json = @links_json, kind = @kind, size_bytes = @size_bytes,
        allocated_bytes = @allocated_bytes, is_resident = @is_resident, modified_at = @modified_at,
        sha256 = @sha256, origin_json = @origin_json, verdict = @verdict, rule = @rule, digest = @digest,
        last_seen_at = @now, gone_at = NULL, resync_no = @resync_no, path = @path, file_name = @file_name,
        extension = @extension, stream_name = @stream_name, zone = @zone, host = @host,
        referrer = @referrer, writer = @writer
      WHERE stream_id = @stream_id
    `),
    touch: db.prepare<Stamp & { stream_id: number }>(`
      UPDATE stream SET last_seen_at = max(last_seen_at, @now), resync_no = @resync_no
      WHERE stream_id = @stream_id
    `),
    // Its last complete scan saw it too, though that did not touch the row.
    setGone: db.prepare<{ stream_id: number; now: number }>(`
      UPDATE stream AS s SET
        gone_at = @now,
        last_seen_at = max(s.last_seen_at, ifnull((
          SELECT v.confirmed_at FROM volume AS v
          WHERE v.machine_no = s.machine_no AND v.volume_id = s.volume_id), 0))
      WHERE stream_id = @stream_id
    `),
  }
}
