/**
 * Runs one rule once. In report mode it writes down what it would have done, and that is all: the path to an order
 * begins behind `mode === 'enforce'` and nowhere else.
 */
import type { RuleRun } from '../../protocol/api/rules.ts'
import { MAX_RULE_SAMPLE } from '../../protocol/api/rules.ts'
import type { MachineId, OrderId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { NotableHub } from '../events/notable-hub.ts'
import type { StoredStream } from '../store/inventory/inventory-engine.ts'
import type { StoredRule } from '../store/rule-store.ts'
import type { Write } from '../store/stores.ts'
import { parseSearch } from '../streams/parse-search.ts'
import { authorOf, type RuleOrders } from './rule-orders.ts'
import {
  machinesOf,
  type RuleRest,
  type RuleSelection,
  type RuleSelectionParts,
  selectForRule,
} from './rule-selection.ts'

export interface RuleRunnerParts extends RuleSelectionParts {
  ruleOrders: RuleOrders
  notable: NotableHub
  write: Write
  audit: AuditLog
  clock: Clock
}

export interface RunCause {
  trigger: RuleRun['trigger']
  /** Of inventory that arrived: only these machines. */
  machineIds?: readonly MachineId[]
  /** Where a run before this one, of the same cause, ended. */
  rest?: RuleRest
}

export interface RuleRan {
  runId: number
  error: string
  /** What another run has to go on with. A report names what one run finds. */
  rest: RuleRest | null
}

const NOTHING: RuleSelection = { matched: 0, chosen: [], heldBack: new Map(), rest: null }

/** Undefined: given up, as `goesOn` said no. A failure is part of its result. */
export async function runRule(
  parts: RuleRunnerParts,
  rule: StoredRule & { mode: 'report' | 'enforce' },
  { trigger, machineIds, rest }: RunCause,
  goesOn: () => boolean,
): Promise<RuleRan | undefined> {
  const { rules, clock, write } = parts
  const at = clock.now()
  let selection = NOTHING
  let orderId: OrderId | null = null
  let error = ''
  try {
    const query = rest?.query ?? queryOf(rule, machineIds, at)
    const selected = await selectForRule(parts, rule, { query, now: at, rest, goesOn })
    if (selected === undefined) return undefined
    selection = selected
    if (rule.mode === 'enforce' && selection.chosen.length > 0) {
      orderId = await enforce(parts, rule, selection.chosen, at)
    }
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause
    error = cause.message
  }
  const { ruleId, revision, mode } = rule
  const { matched, chosen, heldBack } = selection
  const runId = write(() =>
    rules.addRun({
      ...{ ruleId, revision, at, trigger, mode, matched, orderId, error },
      chosen: chosen.length,
      machineCount: machinesOf(chosen).size,
      heldBack: [...heldBack].map(([reason, count]) => ({ reason, count })),
      sample: chosen.slice(0, MAX_RULE_SAMPLE).map(toTarget),
    }),
  )
  return { runId, error, rest: rule.mode === 'enforce' ? selection.rest : null }
}

function queryOf({ settings }: StoredRule, machineIds: RunCause['machineIds'], now: number) {
  const query = parseSearch(settings.query, now)
  if (machineIds === undefined) return query
  const machines = machineIds.map(
    (id) => ({ kind: 'text', field: 'machine', pattern: id }) as const,
  )
  return { kind: 'and', items: [query, { kind: 'or', items: machines }] } as const
}

async function enforce(
  parts: RuleRunnerParts,
  rule: StoredRule,
  chosen: readonly StoredStream[],
  now: number,
): Promise<OrderId | null> {
  const { rules, ruleOrders, audit, write } = parts
  const { ruleId, settings } = rule
  const { action, caps, name, query } = settings
  const acted = () => rules.addActs(ruleId, chosen, now)
  if (action === 'alert') {
    write(() => {
      acted()
      const details = { streams: chosen.length, name }
      audit.record(authorOf(ruleId), 'rule.alerted', String(ruleId), details)
      for (const stream of chosen) tellOf(parts, rule, stream, now)
    })
    return null
  }
  // Before the order: a crash in between leaves streams for another day, never two orders for one cap.
  write(acted)
  const order = await ruleOrders.make({
    action,
    streamIds: chosen.map(({ streamId }) => streamId),
    author: authorOf(ruleId),
    writers: [...new Set([rule.owner, rule.changedBy])],
    reason: `rule ${ruleId}, ${name}: ${query}`.slice(0, 1_024),
    stopAtFailedPercent: caps.stopAtFailedPercent,
  })
  return order?.orderId ?? null
}

/** In the transaction that remembers it as told. */
function tellOf(
  { notable }: RuleRunnerParts,
  { ruleId, settings: { name } }: StoredRule,
  { streamId, machineId, hostname, path, stream, rule, sha256, sizeBytes }: StoredStream,
  at: number,
): void {
  notable.publish({
    kind: 'rule.alert',
    at,
    machineId,
    hostname,
    summary: `rule ${name}: stream ${stream} on ${path} of ${hostname}`,
    details: { ruleId, name, streamId, path, stream, rule, sha256, sizeBytes },
  })
}

function toTarget({ streamId, machineId, hostname, path, stream }: StoredStream) {
  return { streamId, machineId, hostname, path, stream }
}

/** Stops a rule that goes wrong, and says so on record and to the sinks. */
export function pauseRule(parts: RuleRunnerParts, rule: StoredRule, because: string): void {
  const { rules, notable, audit, write, clock } = parts
  const { ruleId, settings } = rule
  write(() => {
    rules.setMode(ruleId, 'paused', because)
    audit.record(CENTRAL_ACTOR, 'rule.paused', String(ruleId), { because })
    notable.publish({
      kind: 'rule.paused',
      at: clock.now(),
      machineId: null,
      hostname: null,
      summary: `rule ${settings.name} has paused itself: ${because}`,
      details: { ruleId, name: settings.name, because },
    })
  })
}
