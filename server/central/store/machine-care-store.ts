/** What people and rules say of machines: labels, retirement, and copies that were noticed. */
import type { Database } from 'better-sqlite3'
import type { FactsCondition } from '../../protocol/api/machine-selector.ts'
import type { MachineId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import type { ScanSummary } from '../../protocol/scan.ts'
import { searchForm } from '../../streams/query/search-form.ts'
import { cutPage, decodeCursor } from './cursor.ts'

export interface CaredMachine {
  machineId: MachineId
  machineNo: number
  facts: MachineFacts
  labels: string[]
  retiredAt: number | null
}

export interface StoredLabelRule {
  ruleNo: number
  label: string
  condition: FactsCondition
  createdBy: string
  createdAt: number
}

export interface StoredClone {
  machineId: MachineId
  hostname: string
  cloneHostname: string
  firstSeenAt: number
  lastSeenAt: number
  seenCount: number
}

export interface StoredCoverage {
  machineId: MachineId
  facts: MachineFacts
  lastSeenAt: number
  lastScan: ScanSummary | null
}

export interface CoverageCounts {
  machines: number
  neverScanned: number
  /** Not seen since; a connected one may be among them until it goes. */
  stale: number
  incomplete: number
  failed: number
}

export interface MachineCareStore {
  /** By hostname. Retired ones only where they are asked for. */
  list(which: 'in-service' | 'all'): CaredMachine[]
  find(machineId: MachineId): CaredMachine | undefined
  /** Those given by hand: exactly these. */
  setLabels(machineId: MachineId, labels: readonly string[]): void
  handLabels(machineId: MachineId): string[]
  /** What the rules give this machine: exactly these. Returns whether that is news. */
  setRuleLabels(machineId: MachineId, given: readonly { ruleNo: number; label: string }[]): boolean
  addRule(rule: Omit<StoredLabelRule, 'ruleNo' | 'createdAt'>, now: number): number
  /** False: there is none. */
  removeRule(ruleNo: number, now: number): boolean
  listRules(): StoredLabelRule[]
  /** `at` null: in service again. */
  setRetired(machineId: MachineId, at: number | null): void
  fingerprint(machineId: MachineId): string | null
  setFingerprint(machineId: MachineId, fingerprint: string | null): void
  /** Returns whether this copy is seen for the first time. */
  addClone(
    machineId: MachineId,
    clone: { fingerprint: string; hostname: string },
    now: number,
  ): boolean
  listClones(): StoredClone[]
  /** The last scan of every machine in service, by hostname; of these machines, or with null of all. */
  coveragePage(
    page: { cursor?: string | undefined; limit: number },
    machineNos: readonly number[] | null,
  ): {
    machines: StoredCoverage[]
    cursor: string | null
  }
  coverageCounts(staleBefore: number, machineNos: readonly number[] | null): CoverageCounts
}

interface CareRow {
  machine_id: string
  machine_no: number
  facts_json: string
  labels: string
  retired_at: number | null
}

const MACHINE_SQL = `
  SELECT m.machine_id, m.machine_no, m.facts_json, m.retired_at, (
    SELECT json_group_array(DISTINCT l.label) FROM machine_label AS l WHERE l.machine_no = m.machine_no
  ) AS labels
  FROM machine AS m`

const MACHINE_NO_SQL = '(SELECT m.machine_no FROM machine AS m WHERE m.machine_id = @machineId)'

const IN_SCOPE_SQL =
  '(@machineNos IS NULL OR machine_no IN (SELECT value FROM json_each(@machineNos)))'

type Named = Record<string, unknown>

export function createMachineCareStore(db: Database): MachineCareStore {
  const sql = prepare(db)

  const setLabels = db.transaction((machineId: MachineId, labels: readonly string[]): void => {
    sql.clearHand.run({ machineId })
    for (const label of labels) sql.addLabel.run({ machineId, label, ruleNo: 0 })
  })
  const setRuleLabels = db.transaction(
    (machineId: MachineId, given: readonly { ruleNo: number; label: string }[]): boolean => {
      const known = new Map(sql.ruleLabels.all({ machineId }).map((row) => [row.ruleNo, row.label]))
      const isSame =
        known.size === given.length &&
        given.every(({ ruleNo, label }) => known.get(ruleNo) === label)
      if (isSame) return false
      sql.clearRules.run({ machineId })
      for (const { ruleNo, label } of given) sql.addLabel.run({ machineId, label, ruleNo })
      return true
    },
  )

  return {
    list: (which) => sql.list.all({ all: which === 'all' ? 1 : 0 }).map(fromRow),
    find: (machineId) => {
      const row = sql.find.get({ machineId })
      return row === undefined ? undefined : fromRow(row)
    },
    setLabels: (machineId, labels) => setLabels.immediate(machineId, labels),
    handLabels: (machineId) => sql.handLabels.all({ machineId }).map(({ label }) => label),
    setRuleLabels: (machineId, given) => setRuleLabels.immediate(machineId, given),
    addRule: ({ label, condition, createdBy }, now) => {
      const json = JSON.stringify(condition)
      return Number(sql.addRule.run({ label, json, createdBy, now }).lastInsertRowid)
    },
    removeRule: (ruleNo, now) => sql.removeRule.run({ ruleNo, now }).changes > 0,
    listRules: () =>
      sql.listRules.all({}).map(({ json, ...rule }) => ({
        ...rule,
        condition: JSON.parse(json) as FactsCondition,
      })),
    setRetired: (machineId, at) => void sql.setRetired.run({ machineId, at }),
    fingerprint: (machineId) => sql.fingerprint.get({ machineId })?.fingerprint ?? null,
    setFingerprint: (machineId, fingerprint) =>
      void sql.setFingerprint.run({ machineId, fingerprint }),
    addClone: (machineId, { fingerprint, hostname }, now) =>
      sql.addClone.get({ machineId, fingerprint, hostname: searchForm(hostname), now })!
        .seenCount === 1,
    listClones: () => sql.listClones.all({}),
    coveragePage: ({ cursor, limit }, machineNos) => {
      const [hostname, machineNo] = cursor === undefined ? ['', 0] : decodeCursor(cursor, ['', 0])
      const rows = sql.coverage.all({
        hostname,
        machineNo,
        limit: limit + 1,
        machineNos: toJson(machineNos),
      })
      const page = cutPage(rows, limit, (row) => [row.hostname, row.machine_no])
      const machines = page.rows.map((row) => ({
        machineId: row.machine_id as MachineId,
        facts: JSON.parse(row.facts_json) as MachineFacts,
        lastSeenAt: row.last_seen_at,
        lastScan:
          row.last_scan_json === null ? null : (JSON.parse(row.last_scan_json) as ScanSummary),
      }))
      return { machines, cursor: page.cursor }
    },
    coverageCounts: (staleBefore, machineNos) =>
      sql.coverageCounts.get({ staleBefore, machineNos: toJson(machineNos) })!,
  }
}

function toJson(machineNos: readonly number[] | null): string | null {
  return machineNos === null ? null : JSON.stringify(machineNos)
}

function fromRow(row: CareRow): CaredMachine {
  return {
    machineId: row.machine_id as MachineId,
    machineNo: row.machine_no,
    facts: JSON.parse(row.facts_json) as MachineFacts,
    labels: JSON.parse(row.labels) as string[],
    retiredAt: row.retired_at,
  }
}

function prepare(db: Database) {
  return {
    list: db.prepare<Named, CareRow>(`
      ${MACHINE_SQL} WHERE @all = 1 OR m.retired_at IS NULL ORDER BY m.hostname, m.machine_no
    `),
    find: db.prepare<Named, CareRow>(`${MACHINE_SQL} WHERE m.machine_id = @machineId`),
    clearHand: db.prepare<Named>(`
      DELETE FROM machine_label WHERE machine_no = ${MACHINE_NO_SQL} AND rule_no = 0
    `),
    clearRules: db.prepare<Named>(`
      DELETE FROM machine_label WHERE machine_no = ${MACHINE_NO_SQL} AND rule_no > 0
    `),
    addLabel: db.prepare<Named>(`
      INSERT INTO machine_label (machine_no, label, rule_no) VALUES (${MACHINE_NO_SQL}, @label, @ruleNo)
      ON CONFLICT DO NOTHING
    `),
    handLabels: db.prepare<Named, { label: string }>(`
      SELECT label FROM machine_label WHERE machine_no = ${MACHINE_NO_SQL} AND rule_no = 0 ORDER BY label
    `),
    ruleLabels: db.prepare<Named, { ruleNo: number; label: string }>(`
      SELECT rule_no AS ruleNo, label FROM machine_label
      WHERE machine_no = ${MACHINE_NO_SQL} AND rule_no > 0
    `),
    addRule: db.prepare<Named>(`
      INSERT INTO label_rule (label, condition_json, created_by, created_at)
      VALUES (@label, @json, @createdBy, @now)
    `),
    removeRule: db.prepare<Named>(
      'UPDATE label_rule SET removed_at = @now WHERE rule_no = @ruleNo AND removed_at IS NULL',
    ),
    listRules: db.prepare<Named, Omit<StoredLabelRule, 'condition'> & { json: string }>(`
      SELECT rule_no AS ruleNo, label, condition_json AS json, created_by AS createdBy,
        created_at AS createdAt
      FROM label_rule WHERE removed_at IS NULL ORDER BY rule_no
    `),
    setRetired: db.prepare<Named>(
      'UPDATE machine SET retired_at = @at WHERE machine_id = @machineId',
    ),
    fingerprint: db.prepare<Named, { fingerprint: string | null }>(
      'SELECT fingerprint FROM machine WHERE machine_id = @machineId',
    ),
    setFingerprint: db.prepare<Named>(
      'UPDATE machine SET fingerprint = @fingerprint WHERE machine_id = @machineId',
    ),
    addClone: db.prepare<Named, { seenCount: number }>(`
      INSERT INTO machine_clone (machine_no, fingerprint, hostname, first_seen_at, last_seen_at)
      VALUES (${MACHINE_NO_SQL}, @fingerprint, @hostname, @now, @now)
      ON CONFLICT DO UPDATE SET
        last_seen_at = @now, seen_count = seen_count + 1, hostname = excluded.hostname
      RETURNING seen_count AS seenCount
    `),
    listClones: db.prepare<Named, StoredClone>(`
      SELECT m.machine_id AS machineId, m.hostname, c.hostname AS cloneHostname,
        c.first_seen_at AS firstSeenAt, c.last_seen_at AS lastSeenAt, c.seen_count AS seenCount
      FROM machine_clone AS c JOIN machine AS m USING (machine_no)
      ORDER BY c.last_seen_at DESC, m.hostname LIMIT 500
    `),
    coverage: db.prepare<
      Named,
      {
        hostname: string
        machine_no: number
        machine_id: string
        facts_json: string
        last_seen_at: number
        last_scan_json: string | null
      }
    >(`
      SELECT hostname, machine_no, machine_id, facts_json, last_seen_at, last_scan_json FROM machine
      WHERE retired_at IS NULL AND (hostname, machine_no) > (@hostname, @machineNo) AND ${IN_SCOPE_SQL}
      ORDER BY hostname, machine_no LIMIT @limit
    `),
    coverageCounts: db.prepare<Named, CoverageCounts>(`
      SELECT count(*) AS machines,
        ifnull(sum(last_scan_id IS NULL), 0) AS neverScanned,
        ifnull(sum(last_seen_at <= @staleBefore), 0) AS stale,
        ifnull(sum(last_scan_state = 'incomplete'), 0) AS incomplete,
        ifnull(sum(last_scan_state IN ('failed', 'cancelled')), 0) AS failed
      FROM machine WHERE retired_at IS NULL AND ${IN_SCOPE_SQL}
    `),
  }
}
