/** Rules: kept, run by people, by the clock and by what arrives, allowed to act, and stopped. */
import type {
  EnforceRequest,
  Rule,
  RuleExamples,
  RuleRun,
  RuleRunPage,
  RuleSettings,
  Rules,
} from '../../protocol/api/rules.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import { toTimestamp } from '../../shared/clock.ts'
import { checkSchedule } from '../saved/check-schedule.ts'
import type { StoredRule, StoredRuleRun } from '../store/rule-store.ts'
import { parseSearch } from '../streams/parse-search.ts'
import { RULE_EXAMPLES } from './rule-examples.ts'
import { createRuleRuns, isExpired, type RuleRunsParts } from './rule-runs.ts'
import { DAY_MS } from './rule-selection.ts'

const MAX_RULES = 200

export interface RuleService {
  list(): Rules
  examples(): RuleExamples
  get(ruleId: number): Rule
  add(settings: RuleSettings, actor: string): Rule
  update(ruleId: number, settings: RuleSettings, actor: string): Rule
  /** This and the two below: what is still queued of its orders is cancelled. */
  remove(ruleId: number, actor: string): Promise<void>
  run(ruleId: number, actor: string): Promise<RuleRun>
  enforce(ruleId: number, request: EnforceRequest, actor: string): Rule
  report(ruleId: number, reason: string, actor: string): Promise<Rule>
  pause(ruleId: number, reason: string, actor: string): Promise<Rule>
  results(ruleId: number, page: { cursor?: string | undefined; limit: number }): RuleRunPage
  /** Called with each machine whose inventory changed. */
  inventoryChanged(machineId: MachineId): void
  stop(): Promise<void>
}

export interface RuleServiceParts extends RuleRunsParts {
  minScheduleSeconds: number
}

export function createRuleService(parts: RuleServiceParts): RuleService {
  const { rules, ruleOrders, events, write, audit, clock } = parts
  const runs = createRuleRuns(parts)

  const find = (ruleId: number): StoredRule => {
    const rule = rules.find(ruleId)
    if (rule !== undefined) return rule
    throw new AppError('RULE_NOT_FOUND', 404, `there is no rule ${ruleId}`)
  }
  const changed = (ruleId: number): Rule => {
    events.publish({ type: 'rule.changed', ruleId })
    return toRule(find(ruleId))
  }

  const check = (settings: RuleSettings, ruleId: number | null): void => {
    const query = parseSearch(settings.query, clock.now())
    if (query.kind === 'all')
      throw new AppError('QUERY_INVALID', 400, 'a rule never means every stream')
    checkSchedule(settings.schedule, parts.minScheduleSeconds)
    if (Date.parse(settings.expiresAt) <= clock.now()) {
      throw new AppError('REQUEST_INVALID', 400, 'expiresAt: must be in the future')
    }
    const namesake = rules.findByName(settings.name)
    if (namesake !== undefined && namesake.ruleId !== ruleId) {
      throw new AppError('NAME_TAKEN', 409, `there is a rule ${settings.name} already`)
    }
  }
  const setMode = async (
    ruleId: number,
    mode: 'report' | 'paused',
    reason: string,
    actor: string,
  ): Promise<Rule> => {
    find(ruleId)
    write(() => {
      rules.setMode(ruleId, mode, mode === 'paused' ? `${actor}: ${reason}` : '')
      const action = mode === 'paused' ? 'rule.paused' : 'rule.reporting'
      audit.record(actor, action, String(ruleId), { reason })
    })
    const because = `rule ${ruleId} ${mode === 'paused' ? 'was paused' : 'only reports'}: ${reason}`
    const rule = changed(ruleId)
    await runs.cancelOrders(ruleId, because, actor)
    return rule
  }

  const approvalNeeded = ({ settings: { action, caps } }: StoredRule): string | null =>
    action === 'alert' ? null : ruleOrders.secondPersonNeeded(action, caps.perDay)
  const toRule = (rule: StoredRule): Rule => {
    const { ruleId, revision, createdAt, changedAt, enforcedAt, ...stored } = rule
    const next = rule.mode === 'paused' ? null : runs.nextRunAt(ruleId)
    const lastRun = rules.lastRun(ruleId)
    const acted = rules.actCounts(ruleId, clock.now() - DAY_MS)
    return {
      ...stored,
      ruleId,
      createdAt: toTimestamp(createdAt),
      changedAt: toTimestamp(changedAt),
      enforcedAt: enforcedAt === null ? null : toTimestamp(enforcedAt),
      approvalNeeded: approvalNeeded(rule),
      nextRunAt: next?.toISOString() ?? null,
      lastRun: lastRun === undefined ? null : toRun(lastRun, revision),
      reportedCount: rules.lastReport(ruleId, revision)?.chosen ?? null,
      actedToday: [...acted.values()].reduce((sum, count) => sum + count, 0),
    }
  }

  for (const { ruleId } of rules.list()) runs.schedule(ruleId)

  return {
    list: () => ({ rules: rules.list().map(toRule) }),
    examples: () => ({ examples: RULE_EXAMPLES }),
    get: (ruleId) => toRule(find(ruleId)),
    add: (settings, actor) => {
      check(settings, null)
      if (rules.list().length >= MAX_RULES) {
        throw new AppError('TOO_MANY_RULES', 409, `there are ${MAX_RULES} rules: remove one first`)
      }
      const ruleId = write(() => {
        const id = rules.add(settings, actor, clock.now())
        audit.record(actor, 'rule.stored', String(id), settings)
        return id
      })
      runs.schedule(ruleId)
      return changed(ruleId)
    },
    update: (ruleId, settings, actor) => {
      find(ruleId)
      check(settings, ruleId)
      write(() => {
        rules.update(ruleId, settings, actor, clock.now())
        audit.record(actor, 'rule.stored', String(ruleId), settings)
      })
      runs.schedule(ruleId)
      return changed(ruleId)
    },
    remove: async (ruleId, actor) => {
      find(ruleId)
      write(() => {
        rules.remove(ruleId, clock.now())
        audit.record(actor, 'rule.removed', String(ruleId))
      })
      runs.schedule(ruleId)
      events.publish({ type: 'rule.changed', ruleId })
      await runs.cancelOrders(ruleId, `rule ${ruleId} was removed`, actor)
    },
    run: async (ruleId, actor) => {
      find(ruleId)
      audit.record(actor, 'rule.run', String(ruleId))
      const runId = await runs.byPerson(ruleId)
      const { mode, pausedBecause, revision } = find(ruleId)
      if (runId !== undefined) return toRun(rules.findRun(runId)!, revision)
      throw new AppError(
        'RULE_STATE',
        409,
        mode === 'paused'
          ? `the rule is paused: ${pausedBecause}; let it report first`
          : 'the rule was changed while it ran: run it again',
      )
    },
    enforce: (ruleId, { confirmCount, reason }, actor) => {
      const rule = find(ruleId)
      write(() => {
        checkEnforceable(rule, confirmCount, actor)
        rules.setEnforced(ruleId, actor, clock.now())
        const { name } = rule.settings
        audit.record(actor, 'rule.enforced', String(ruleId), { name, confirmCount, reason })
      })
      return changed(ruleId)
    },
    report: (ruleId, reason, actor) => setMode(ruleId, 'report', reason, actor),
    pause: (ruleId, reason, actor) => setMode(ruleId, 'paused', reason, actor),
    results: (ruleId, page) => {
      const { revision } = find(ruleId)
      const { runs, cursor } = rules.runPage(ruleId, page)
      return { runs: runs.map((run) => toRun(run, revision)), cursor }
    },
    inventoryChanged: runs.inventoryChanged,
    stop: runs.stop,
  }

  function checkEnforceable(rule: StoredRule, confirmCount: number, actor: string): void {
    const { ruleId, mode, revision, changedBy } = rule
    const isOver = isExpired(rule, clock.now())
    if (mode !== 'report' || isOver) {
      const state = isOver ? 'expired' : mode === 'paused' ? 'paused' : 'enforced already'
      throw new AppError(
        'RULE_STATE',
        409,
        `the rule is ${state}: only one that reports can be enforced`,
      )
    }
    const report = rules.lastReport(ruleId, revision)
    if (report === undefined) {
      throw new AppError('RULE_NOT_REPORTED', 409, 'run it first and look at what it would do')
    }
    if (report.chosen !== confirmCount) {
      throw new AppError(
        'COUNT_MISMATCH',
        409,
        `the newest report would act on ${report.chosen} streams, not ${confirmCount}: look at it again`,
        { details: { targetCount: report.chosen } },
      )
    }
    const needed = approvalNeeded(rule)
    if (needed !== null && actor.toLowerCase() === changedBy.toLowerCase()) {
      throw new AppError(
        'OWN_RULE',
        409,
        `somebody else than ${changedBy} must let it act: ${needed}`,
      )
    }
  }
}

function toRun({ ruleId: _, revision, at, ...run }: StoredRuleRun, current: number): RuleRun {
  return { ...run, at: toTimestamp(at), isCurrent: revision === current }
}
