/** Rules, what their runs found, and what they acted on. */
import type { Database } from 'better-sqlite3'
import type { RuleMode, RuleRun, RuleSettings } from '../../protocol/api/rules.ts'
import type { MachineId, OrderId } from '../../protocol/ids.ts'
import { searchForm } from '../../streams/query/search-form.ts'
import { cutPage, decodeCursor } from './cursor.ts'

export interface StoredRule {
  ruleId: number
  settings: RuleSettings
  revision: number
  mode: RuleMode
  pausedBecause: string
  owner: string
  createdAt: number
  changedBy: string
  changedAt: number
  enforcedBy: string | null
  enforcedAt: number | null
}

export interface StoredRuleRun extends Omit<RuleRun, 'at' | 'isCurrent'> {
  ruleId: number
  revision: number
  at: number
}

export interface RuleAct {
  streamId: number
  machineId: MachineId
}

export interface RuleStore {
  /** By name. */
  list(): StoredRule[]
  find(ruleId: number): StoredRule | undefined
  findByName(name: string): StoredRule | undefined
  add(settings: RuleSettings, owner: string, now: number): number
  /** Another revision, back in report mode. */
  update(ruleId: number, settings: RuleSettings, changedBy: string, now: number): void
  remove(ruleId: number, now: number): void
  setMode(ruleId: number, mode: RuleMode, pausedBecause: string): void
  setEnforced(ruleId: number, by: string, now: number): void

  addRun(run: Omit<StoredRuleRun, 'runId'>): number
  findRun(runId: number): StoredRuleRun | undefined
  lastRun(ruleId: number): StoredRuleRun | undefined
  /** The newest report of this revision that came to its end. */
  lastReport(ruleId: number, revision: number): StoredRuleRun | undefined
  /** Newest first. */
  runPage(
    ruleId: number,
    page: { cursor?: string | undefined; limit: number },
  ): { runs: StoredRuleRun[]; cursor: string | null }
  /** Whose order this is; undefined: no rule's. */
  ruleOfOrder(orderId: OrderId): number | undefined
  /** Orders of runs since then. */
  ordersSince(ruleId: number, since: number): OrderId[]
  /** Orders of runs since then, of rules that are paused or removed, and which of it. */
  ordersOfStopped(since: number): { orderId: OrderId; because: string }[]

  addActs(ruleId: number, acts: readonly RuleAct[], now: number): void
  /** Those of the streams that the rule acted on since then. */
  actedOn(ruleId: number, streamIds: readonly number[], since: number): Set<number>
  /** How many streams the rule acted on since then, by machine. */
  actCounts(ruleId: number, since: number): Map<MachineId, number>
}

type RuleRow = Omit<StoredRule, 'settings'> & { json: string }
type RunRow = Omit<StoredRuleRun, 'heldBack' | 'sample'> & { heldBack: string; sample: string }
type Named = Record<string, unknown>

const RULE_SQL = `
  SELECT rule_no AS ruleId, settings_json AS json, revision, mode, paused_because AS pausedBecause, owner,
    created_at AS createdAt, changed_by AS changedBy, changed_at AS changedAt, enforced_by AS enforcedBy,
    enforced_at AS enforcedAt
  FROM rule WHERE removed_at IS NULL`

const RUN_SQL = `
  SELECT run_no AS runId, rule_no AS ruleId, revision, at, cause AS "trigger", mode, matched, chosen,
    machine_count AS machineCount, held_back_json AS heldBack, sample_json AS sample, order_id AS orderId, error
  FROM rule_run`

export function createRuleStore(db: Database): RuleStore {
  return { ...ruleTable(db), ...runTable(db), ...actTable(db) }
}

type OfRules =
  | 'list'
  | 'find'
  | 'findByName'
  | 'add'
  | 'update'
  | 'remove'
  | 'setMode'
  | 'setEnforced'

function ruleTable(db: Database): Pick<RuleStore, OfRules> {
  const list = db.prepare<[], RuleRow>(`${RULE_SQL} ORDER BY name`)
  const find = db.prepare<Named, RuleRow>(`${RULE_SQL} AND rule_no = @ruleId`)
  const findByName = db.prepare<Named, RuleRow>(`${RULE_SQL} AND name = @name`)
  const insert = db.prepare<Named>(`
    INSERT INTO rule (name, settings_json, owner, created_at, changed_by, changed_at)
    VALUES (@name, @json, @owner, @now, @owner, @now)
  `)
  const update = db.prepare<Named>(`
    UPDATE rule SET name = @name, settings_json = @json, revision = revision + 1, mode = 'report',
      paused_because = '', changed_by = @changedBy, changed_at = @now, enforced_by = NULL, enforced_at = NULL
    WHERE rule_no = @ruleId
  `)
  const remove = db.prepare<Named>('UPDATE rule SET removed_at = @now WHERE rule_no = @ruleId')
  const setMode = db.prepare<Named>(
    'UPDATE rule SET mode = @mode, paused_because = @pausedBecause WHERE rule_no = @ruleId',
  )
  const setEnforced = db.prepare<Named>(`
    UPDATE rule SET mode = 'enforce', paused_because = '', enforced_by = @by, enforced_at = @now
    WHERE rule_no = @ruleId
  `)
  return {
    list: () => list.all().map(toRule),
    find: (ruleId) => toRuleOrNone(find.get({ ruleId })),
    findByName: (name) => toRuleOrNone(findByName.get({ name: searchForm(name) })),
    add: (settings, owner, now) => {
      const named = { name: searchForm(settings.name), json: JSON.stringify(settings) }
      return Number(insert.run({ ...named, owner, now }).lastInsertRowid)
    },
    update: (ruleId, settings, changedBy, now) => {
      const named = { name: searchForm(settings.name), json: JSON.stringify(settings) }
      update.run({ ruleId, ...named, changedBy, now })
    },
    remove: (ruleId, now) => void remove.run({ ruleId, now }),
    setMode: (ruleId, mode, pausedBecause) => void setMode.run({ ruleId, mode, pausedBecause }),
    setEnforced: (ruleId, by, now) => void setEnforced.run({ ruleId, by, now }),
  }
}

type OfRuns =
  | 'addRun'
  | 'findRun'
  | 'lastRun'
  | 'lastReport'
  | 'runPage'
  | 'ruleOfOrder'
  | 'ordersSince'
  | 'ordersOfStopped'

function runTable(db: Database): Pick<RuleStore, OfRuns> {
  const insert = db.prepare<Named>(`
    INSERT INTO rule_run (rule_no, revision, at, cause, mode, matched, chosen, machine_count, held_back_json,
      sample_json, order_id, error)
    VALUES (@ruleId, @revision, @at, @trigger, @mode, @matched, @chosen, @machineCount, @heldBack,
      @sample, @orderId, @error)
  `)
  const find = db.prepare<Named, RunRow>(`${RUN_SQL} WHERE run_no = @runId`)
  const page = db.prepare<Named, RunRow>(`
    ${RUN_SQL} WHERE rule_no = @ruleId AND run_no < @before ORDER BY run_no DESC LIMIT @limit
  `)
  const lastReport = db.prepare<Named, RunRow>(`
    ${RUN_SQL} WHERE rule_no = @ruleId AND revision = @revision AND mode = 'report' AND error = ''
      AND cause <> 'inventory'
    ORDER BY run_no DESC LIMIT 1
  `)
  const byOrder = db.prepare<Named, { ruleId: number }>(
    'SELECT rule_no AS ruleId FROM rule_run WHERE order_id = @orderId',
  )
  const orders = db.prepare<Named, { orderId: OrderId }>(`
    SELECT order_id AS orderId FROM rule_run
    WHERE rule_no = @ruleId AND at >= @since AND order_id IS NOT NULL
  `)
  const ofStopped = db.prepare<Named, { orderId: OrderId; because: string }>(`
    SELECT run.order_id AS orderId, 'rule ' || rule_no || CASE WHEN rule.removed_at IS NULL
      THEN ' is paused: ' || rule.paused_because ELSE ' was removed' END AS because
    FROM rule_run AS run JOIN rule USING (rule_no)
    WHERE (rule.mode = 'paused' OR rule.removed_at IS NOT NULL) AND run.at >= @since AND run.order_id IS NOT NULL
  `)
  const rowsBefore = (ruleId: number, before: number, limit: number): StoredRuleRun[] =>
    page.all({ ruleId, before, limit }).map(toRun)
  return {
    addRun: ({ heldBack, sample, ...run }) => {
      const texts = { heldBack: JSON.stringify(heldBack), sample: JSON.stringify(sample) }
      return Number(insert.run({ ...run, ...texts }).lastInsertRowid)
    },
    findRun: (runId) => toRunOrNone(find.get({ runId })),
    lastRun: (ruleId) => rowsBefore(ruleId, Number.MAX_SAFE_INTEGER, 1)[0],
    lastReport: (ruleId, revision) => toRunOrNone(lastReport.get({ ruleId, revision })),
    runPage: (ruleId, { cursor, limit }) => {
      const [before] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeCursor(cursor, [0])
      const rows = rowsBefore(ruleId, before, limit + 1)
      const cut = cutPage(rows, limit, ({ runId }) => [runId])
      return { runs: cut.rows, cursor: cut.cursor }
    },
    ruleOfOrder: (orderId) => byOrder.get({ orderId })?.ruleId,
    ordersSince: (ruleId, since) => orders.all({ ruleId, since }).map(({ orderId }) => orderId),
    ordersOfStopped: (since) => ofStopped.all({ since }),
  }
}

function actTable(db: Database): Pick<RuleStore, 'addActs' | 'actedOn' | 'actCounts'> {
  const insert = db.prepare<Named>(`
    INSERT INTO rule_act (rule_no, stream_id, machine_id, at) VALUES (@ruleId, @streamId, @machineId, @now)
    ON CONFLICT DO UPDATE SET at = excluded.at
  `)
  const acted = db.prepare<Named, { streamId: number }>(`
    SELECT act.stream_id AS streamId FROM json_each(@streamIds) AS asked
    JOIN rule_act AS act ON act.rule_no = @ruleId AND act.stream_id = asked.value
    WHERE act.at >= @since
  `)
  const counts = db.prepare<Named, { machineId: MachineId; count: number }>(`
    SELECT machine_id AS machineId, count(*) AS count FROM rule_act
    WHERE rule_no = @ruleId AND at >= @since GROUP BY machine_id
  `)
  return {
    addActs: (ruleId, acts, now) => {
      for (const act of acts) insert.run({ ruleId, ...act, now })
    },
    actedOn: (ruleId, streamIds, since) => {
      const rows = acted.all({ ruleId, streamIds: JSON.stringify(streamIds), since })
      return new Set(rows.map(({ streamId }) => streamId))
    },
    actCounts: (ruleId, since) =>
      new Map(counts.all({ ruleId, since }).map(({ machineId, count }) => [machineId, count])),
  }
}

function toRule({ json, ...row }: RuleRow): StoredRule {
  return { ...row, settings: JSON.parse(json) as RuleSettings }
}

function toRuleOrNone(row: RuleRow | undefined): StoredRule | undefined {
  return row === undefined ? undefined : toRule(row)
}

function toRun({ heldBack, sample, ...row }: RunRow): StoredRuleRun {
  return {
    ...row,
    heldBack: JSON.parse(heldBack) as RuleRun['heldBack'],
    sample: JSON.parse(sample) as RuleRun['sample'],
  }
}

function toRunOrNone(row: RunRow | undefined): StoredRuleRun | undefined {
  return row === undefined ? undefined : toRun(row)
}
