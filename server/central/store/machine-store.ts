/** Machines and their last scan. What they have on their disks: see inventory/. */
import type { Database } from 'better-sqlite3'
import type { MachineId, ScanId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import type { ScanSummary } from '../../protocol/scan.ts'
import { searchForm } from '../../streams/query/search-form.ts'
import { cutPage, decodeCursor } from './cursor.ts'
import type { KnownMachine } from './inventory/inventory-engine.ts'

export interface StoredMachine {
  machineId: MachineId
  facts: MachineFacts
  enrolledAt: number
  lastSeenAt: number
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
  isLastScan(machineId: MachineId, scanId: ScanId): boolean
  /** All, as the inventory must know them. */
  listKnown(): KnownMachine[]
  findKnown(machineId: MachineId): KnownMachine | undefined
  /** By hostname; retired ones only where they are asked for. */
  page(
    page: { cursor?: string | undefined; limit: number },
    filter?: {
      label?: string | undefined
      withRetired?: boolean | undefined
      /** Null or left out: all. */
      machineNos?: readonly number[] | null | undefined
    },
  ): {
    machines: StoredMachine[]
    cursor: string | null
  }
  setFacts(machineId: MachineId, facts: MachineFacts, now: number): void
  setLastSeen(machineId: MachineId, now: number): void
  /** Returns false, changing nothing, if this scan was stored before. */
  setLastScan(machineId: MachineId, summary: ScanSummary, now: number): boolean
  count(): number
}

interface MachineRow {
  machine_no: number
  machine_id: string
  hostname: string
  facts_json: string
  enrolled_at: number
  last_seen_at: number
  last_scan_state: string | null
  last_scan_at: string | null
  unreadable_count: number | null
  labels: string
  retired_at: number | null
}

const LABELS_SQL = `(
    SELECT json_group_array(DISTINCT l.label) FROM machine_label AS l
    WHERE l.machine_no = machine.machine_no
  )`

const COLUMNS_SQL = `
  machine_no, machine_id, hostname, facts_json, enrolled_at, last_seen_at,
  last_scan_state, last_scan_at, unreadable_count, retired_at, ${LABELS_SQL} AS labels`

export function createMachineStore(db: Database): MachineStore {
  const statements = prepare(db)
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
    isLastScan: (machineId, scanId) =>
      statements.selectIsLastScan.get(machineId, scanId) !== undefined,
    listKnown: () => statements.selectKnown.all().map(toKnown),
    findKnown: (machineId) => {
      const row = statements.selectOneKnown.get(machineId)
      return row === undefined ? undefined : toKnown(row)
    },
    page: ({ cursor, limit }, { label, withRetired, machineNos = null } = {}) => {
      const [hostname, machineNo] = cursor === undefined ? ['', 0] : decodeCursor(cursor, ['', 0])
      const rows = statements.selectPage.all({
        hostname,
        machineNo,
        limit: limit + 1,
        label: label ?? null,
        withRetired: withRetired === true ? 1 : 0,
        machineNos: machineNos === null ? null : JSON.stringify(machineNos),
      })
      const page = cutPage(rows, limit, (row) => [row.hostname, row.machine_no])
      return { machines: page.rows.map(fromRow), cursor: page.cursor }
    },
    setFacts: (machineId, facts, now) => {
      const hostname = searchForm(facts.hostname)
      statements.updateFacts.run({ machineId, hostname, facts: JSON.stringify(facts), now })
    },
    setLastSeen: (machineId, now) => void statements.updateLastSeen.run({ machineId, now }),
    setLastScan: (machineId, summary, now) =>
      statements.updateLastScan.run({
        machineId,
        scanId: summary.scanId,
        state: summary.state,
        at: summary.finishedAt,
        unreadable: summary.unreadableCount,
        json: JSON.stringify(summary),
        now,
      }).changes === 1,
    count: () => statements.count.get()!.count,
  }
}

interface KnownRow {
  machineNo: number
  machineId: MachineId
  facts: string
  labels: string
}

function toKnown({ facts, labels, ...machine }: KnownRow): KnownMachine {
  const { hostname } = JSON.parse(facts) as MachineFacts
  return { ...machine, hostname, labels: JSON.parse(labels) as string[] }
}

const KNOWN_COLUMNS_SQL = `
  machine_no AS machineNo, machine_id AS machineId, facts_json AS facts, ${LABELS_SQL} AS labels`

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
    selectIsLastScan: db.prepare<[string, string], object>(
      'SELECT 1 FROM machine WHERE machine_id = ? AND last_scan_id = ?',
    ),
    selectKnown: db.prepare<[], KnownRow>(`SELECT ${KNOWN_COLUMNS_SQL} FROM machine`),
    selectOneKnown: db.prepare<[string], KnownRow>(
      `SELECT ${KNOWN_COLUMNS_SQL} FROM machine WHERE machine_id = ?`,
    ),
    selectPage: db.prepare<Record<string, unknown>, MachineRow>(`
      SELECT ${COLUMNS_SQL} FROM machine
      WHERE (hostname, machine_no) > (@hostname, @machineNo)
        AND (@machineNos IS NULL OR machine_no IN (SELECT value FROM json_each(@machineNos)))
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
    count: db.prepare<[], { count: number }>('SELECT count(*) AS count FROM machine'),
  }
}

function fromRow(row: MachineRow): StoredMachine {
  return {
    machineId: row.machine_id as MachineId,
    facts: JSON.parse(row.facts_json) as MachineFacts,
    enrolledAt: row.enrolled_at,
    lastSeenAt: row.last_seen_at,
    lastScanState: row.last_scan_state,
    lastScanAt: row.last_scan_at,
    unreadableCount: row.unreadable_count,
    labels: JSON.parse(row.labels) as string[],
    retiredAt: row.retired_at,
  }
}
