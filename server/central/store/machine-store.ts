/** Machines, how their volumes are read, and their last scan. Counts and digest: see inventory-store.ts. */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import type { ScanSummary } from '../../protocol/scan.ts'
import { searchForm } from '../../streams/query/search-form.ts'
import { cutPage, decodeCursor } from './cursor.ts'

export interface StoredMachine {
  machineId: MachineId
  facts: MachineFacts
  enrolledAt: number
  lastSeenAt: number
  streamCount: number
  markCount: number
  suspiciousCount: number
  lastScanState: string | null
  lastScanAt: string | null
  unreadableCount: number | null
  labels: string[]
  retiredAt: number | null
}

export interface NewMachine {
  machineId: MachineId
  publicKey: Buffer
  enrolmentNo: number
  facts: MachineFacts
}

export interface MachineStore {
  add(machine: NewMachine, now: number): void
  find(machineId: MachineId): StoredMachine | undefined
  findPublicKey(machineId: MachineId): Buffer | undefined
  findByPublicKey(key: Buffer): { machineId: MachineId; enrolmentNo: number } | undefined
  findLastScan(machineId: MachineId): ScanSummary | null
  /** What central holds of a machine's inventory: compared with what its agent believes. */
  inventory(machineId: MachineId): { count: number; digest: string }
  /** By hostname; retired ones only where they are asked for. */
  page(
    page: { cursor?: string | undefined; limit: number },
    filter?: { label?: string | undefined; withRetired?: boolean | undefined },
  ): {
    machines: StoredMachine[]
    cursor: string | null
  }
  setFacts(machineId: MachineId, facts: MachineFacts, now: number): void
  setLastSeen(machineId: MachineId, now: number): void
  /** Returns false, changing nothing, if this scan was stored before. */
  setLastScan(machineId: MachineId, summary: ScanSummary, now: number): boolean
  totals(): { machines: number; streams: number; marks: number; suspicious: number }
}

interface MachineRow {
  machine_no: number
  machine_id: string
  hostname: string
  facts_json: string
  enrolled_at: number
  last_seen_at: number
  stream_count: number
  mark_count: number
  suspicious_count: number
  last_scan_state: string | null
  last_scan_at: string | null
  unreadable_count: number | null
  labels: string
  retired_at: number | null
}

const COLUMNS_SQL = `
  machine_no, machine_id, hostname, facts_json, enrolled_at, last_seen_at, stream_count, mark_count,
  suspicious_count, last_scan_state, last_scan_at, unreadable_count, retired_at, (
    SELECT json_group_array(DISTINCT l.label) FROM machine_label AS l
    WHERE l.machine_no = machine.machine_no
  ) AS labels`

export function createMachineStore(db: Database): MachineStore {
  const statements = prepare(db)
  const setLastScan = db.transaction(
    (machineId: MachineId, summary: ScanSummary, now: number): boolean => {
      const { changes } = statements.updateLastScan.run({
        machineId,
        scanId: summary.scanId,
        state: summary.state,
        at: summary.finishedAt,
        unreadable: summary.unreadableCount,
        json: JSON.stringify(summary),
        now,
      })
      if (changes === 0) return false
      for (const [volumeId, isWritable] of writableVolumes(summary)) {
        statements.upsertVolume.run({
          machineId,
          volumeId,
          isWritable: isWritable ? 1 : 0,
          confirmedAt: summary.state === 'complete' ? now : null,
        })
      }
      return true
    },
  )

  return {
    add: ({ machineId, publicKey, enrolmentNo, facts }, now) => {
      const hostname = searchForm(facts.hostname)
      statements.insert.run({
        machineId,
        publicKey,
        enrolmentNo,
        hostname,
        facts: JSON.stringify(facts),
        now,
      })
    },
    find: (machineId) => {
      const row = statements.selectOne.get(machineId)
      return row === undefined ? undefined : fromRow(row)
    },
    findPublicKey: (machineId) => statements.selectKey.get(machineId)?.public_key,
    findByPublicKey: (key) => statements.selectByKey.get(key),
    findLastScan: (machineId) => {
      const json = statements.selectLastScan.get(machineId)?.last_scan_json ?? null
      return json === null ? null : (JSON.parse(json) as ScanSummary)
    },
    inventory: (machineId) => statements.selectInventory.get(machineId)!,
    page: ({ cursor, limit }, { label, withRetired } = {}) => {
      const [hostname, machineNo] = cursor === undefined ? ['', 0] : decodeCursor(cursor, ['', 0])
      const rows = statements.selectPage.all({
        hostname,
        machineNo,
        limit: limit + 1,
        label: label ?? null,
        withRetired: withRetired === true ? 1 : 0,
      })
      const page = cutPage(rows, limit, (row) => [row.hostname, row.machine_no])
      return { machines: page.rows.map(fromRow), cursor: page.cursor }
    },
    setFacts: (machineId, facts, now) => {
      const hostname = searchForm(facts.hostname)
      statements.updateFacts.run({ machineId, hostname, facts: JSON.stringify(facts), now })
    },
    setLastSeen: (machineId, now) => void statements.updateLastSeen.run({ machineId, now }),
    setLastScan: (machineId, summary, now) => setLastScan.immediate(machineId, summary, now),
    totals: () => statements.selectTotals.get()!,
  }
}

/** A volume may be covered by more than one root; it is writable only where all of them are. */
function writableVolumes(summary: ScanSummary): Map<string, boolean> {
  const volumes = new Map<string, boolean>()
  for (const { volumeId, isWritable } of summary.volumes) {
    volumes.set(volumeId, (volumes.get(volumeId) ?? true) && isWritable)
  }
  return volumes
}

function prepare(db: Database) {
  return {
    insert: db.prepare<Record<string, unknown>>(`
      INSERT INTO machine
        (machine_id, public_key, enrolment_no, hostname, facts_json, enrolled_at, last_seen_at)
      VALUES (@machineId, @publicKey, @enrolmentNo, @hostname, @facts, @now, @now)
    `),
    selectOne: db.prepare<[string], MachineRow>(
      `SELECT ${COLUMNS_SQL} FROM machine WHERE machine_id = ?`,
    ),
    selectKey: db.prepare<[string], { public_key: Buffer }>(
      'SELECT public_key FROM machine WHERE machine_id = ?',
    ),
    selectByKey: db.prepare<[Buffer], { machineId: MachineId; enrolmentNo: number }>(`
      SELECT machine_id AS machineId, enrolment_no AS enrolmentNo FROM machine WHERE public_key = ?
    `),
    selectLastScan: db.prepare<[string], { last_scan_json: string | null }>(
      'SELECT last_scan_json FROM machine WHERE machine_id = ?',
    ),
    selectInventory: db.prepare<[string], { count: number; digest: string }>(
      'SELECT stream_count AS count, digest FROM machine WHERE machine_id = ?',
    ),
    selectPage: db.prepare<Record<string, unknown>, MachineRow>(`
      SELECT ${COLUMNS_SQL} FROM machine
      WHERE (hostname, machine_no) > (@hostname, @machineNo)
        AND (@withRetired = 1 OR retired_at IS NULL)
        AND (@label IS NULL OR EXISTS (
          SELECT 1 FROM machine_label AS l
          WHERE l.machine_no = machine.machine_no AND l.label = @label))
      ORDER BY hostname, machine_no LIMIT @limit
    `),
    updateFacts: db.prepare<Record<string, unknown>>(`
      UPDATE machine SET hostname = @hostname, facts_json = @facts, last_seen_at = @now
      WHERE machine_id = @machineId
    `),
    updateLastSeen: db.prepare<Record<string, unknown>>(`
      UPDATE machine SET last_seen_at = max(last_seen_at, @now) WHERE machine_id = @machineId
    `),
    updateLastScan: db.prepare<Record<string, unknown>>(`
      UPDATE machine SET
        last_scan_id = @scanId, last_scan_state = @state, last_scan_at = @at,
        unreadable_count = @unreadable, last_scan_json = @json, last_seen_at = max(last_seen_at, @now)
      WHERE machine_id = @machineId AND last_scan_id IS NOT @scanId
    `),
    upsertVolume: db.prepare<Record<string, unknown>>(`
      INSERT INTO volume (machine_no, volume_id, is_writable, confirmed_at)
      SELECT machine_no, @volumeId, @isWritable, @confirmedAt FROM machine WHERE machine_id = @machineId
      ON CONFLICT (machine_no, volume_id) DO UPDATE SET
        is_writable = excluded.is_writable,
        confirmed_at = ifnull(excluded.confirmed_at, confirmed_at)
    `),
    selectTotals: db.prepare<
      [],
      { machines: number; streams: number; marks: number; suspicious: number }
    >(`
      SELECT count(*) AS machines, ifnull(sum(stream_count), 0) AS streams,
        ifnull(sum(mark_count), 0) AS marks, ifnull(sum(suspicious_count), 0) AS suspicious
      FROM machine
    `),
  }
}

function fromRow(row: MachineRow): StoredMachine {
  return {
    machineId: row.machine_id as MachineId,
    facts: JSON.parse(row.facts_json) as MachineFacts,
    enrolledAt: row.enrolled_at,
    lastSeenAt: row.last_seen_at,
    streamCount: row.stream_count,
    markCount: row.mark_count,
    suspiciousCount: row.suspicious_count,
    lastScanState: row.last_scan_state,
    lastScanAt: row.last_scan_at,
    unreadableCount: row.unreadable_count,
    labels: JSON.parse(row.labels) as string[],
    retiredAt: row.retired_at,
  }
}
