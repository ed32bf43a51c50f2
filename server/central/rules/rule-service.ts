/** Rules: kept, run by people, by the clock and by what arrives, allowed to act, and stopped. */
import type { Cron } from 'croner'
import type {
  EnforceRequest,
  Rule,
  RuleExamples,
  RuleRun,
  RuleRunPage,
  RuleSettings,
  Rules,
} from '../../protocol/api/rules.ts'
import type { MachineId, OrderId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import { toTimestamp } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import type { EventHub } from '../events/event-hub.ts'
import { checkSchedule, startSchedule } from '../saved/check-schedule.ts'
import type { StoredRule, StoredRuleRun } from '../store/rule-store.ts'
import { parseSearch } from '../streams/parse-search.ts'
import { createArrivals } from './arrivals.ts'
import { RULE_EXAMPLES } from './rule-examples.ts'
import { pauseRule, type RuleRunnerParts, type RunCause, runRule } from './rule-runner.ts'
import { DAY_MS } from './rule-selection.ts'
import { reasonToStop } from './rule-watch.ts'

const MAX_RULES = 200

export interface RuleService {
  list(): Rules
  examples(): RuleExamples
  get(ruleId: number): Rule
  add(settings: RuleSettings, actor: string): Rule
  update(ruleId: number, settings: RuleSettings, actor: string): Rule
  remove(ruleId: number, actor: string): void
  run(ruleId: number, actor: string): Promise<RuleRun>
  enforce(ruleId: number, request: EnforceRequest, actor: string): Rule
  report(ruleId: number, reason: string, actor: string): Rule
  pause(ruleId: number, reason: string, actor: string): Rule
  results(ruleId: number, page: { cursor?: string | undefined; limit: number }): RuleRunPage
  /** Called with each machine whose inventory changed. */
  inventoryChanged(machineId: MachineId): void
  stop(): Promise<void>
}

export interface RuleServiceParts extends RuleRunnerParts {
  events: EventHub
  logger: Logger
  minScheduleSeconds: number
  /** How long changes of the inventory are gathered before rules run over them. */
  arrivalsMs: number
}

export function createRuleService(parts: RuleServiceParts): RuleService {
  const { rules, ruleOrders, events, write, audit, clock, logger } = parts
  const jobs = new Map<number, Cron>()
  /** One run of a rule at a time: its caps are counted by what it did before. */
  const running = new Map<number, Promise<unknown>>()
  let isStopped = false

  const find = (ruleId: number): StoredRule => {
    const rule = rules.find(ruleId)
    if (rule !== undefined) return rule
    throw new AppError('RULE_NOT_FOUND', 404, `there is no rule ${ruleId}`)
  }
  const changed = (ruleId: number): Rule => {
    events.publish({ type: 'rule.changed', ruleId })
    return toRule(find(ruleId))
  }

  const runNow = (ruleId: number, cause: RunCause): Promise<number | undefined> => {
    const before = running.get(ruleId) ?? Promise.resolve()
    const after = before.catch(() => undefined).then(() => perform(ruleId, cause))
    running.set(ruleId, after)
    return after.finally(() => {
      if (running.get(ruleId) === after) running.delete(ruleId)
    })
  }
  /** Undefined: it is paused, or gone. */
  const perform = async (ruleId: number, cause: RunCause): Promise<number | undefined> => {
    const rule = rules.find(ruleId)
    if (rule === undefined || rule.mode === 'paused' || isStopped) return undefined
    const { mode } = rule
    const because = isExpired(rule) ? EXPIRED : await reasonToStop(parts, rule)
    if (because !== null) {
      pauseRule(parts, rule, because)
      events.publish({ type: 'rule.changed', ruleId })
      return undefined
    }
    const runId = await runRule(parts, { ...rule, mode }, cause)
    events.publish({ type: 'rule.changed', ruleId })
    // Its order may have ended before the run was on record as its maker.
    await stopIfFailing(ruleId)
    return runId
  }
  const runQuietly = async (ruleId: number, cause: RunCause): Promise<void> => {
    await runNow(ruleId, cause).catch((error: unknown) =>
      logger.error({ err: error, ruleId }, 'a rule failed'),
    )
  }
  const isExpired = ({ settings }: StoredRule): boolean =>
    Date.parse(settings.expiresAt) <= clock.now()

  const arrivals = createArrivals(parts.arrivalsMs, (machineIds) => {
    for (const { ruleId, settings, mode } of rules.list()) {
      if (!settings.onInventory || mode === 'paused') continue
      void runQuietly(ruleId, {
        trigger: 'inventory',
        ...(machineIds === null ? {} : { machineIds }),
      })
    }
  })
  const unsubscribe = events.subscribe((event) => {
    if (event.type === 'order.changed' && !isStopped) watchOrder(event.orderId)
  })
  const watchOrder = (orderId: OrderId): void => {
    const ruleId = rules.ruleOfOrder(orderId)
    if (ruleId === undefined) return
    stopIfFailing(ruleId).catch((error: unknown) =>
      logger.error({ err: error, ruleId }, 'the orders of a rule could not be read'),
    )
  }
  const stopIfFailing = async (ruleId: number): Promise<void> => {
    const rule = rules.find(ruleId)
    if (rule === undefined) return
    const because = await reasonToStop(parts, rule)
    // Somebody, or another event, may have been faster.
    if (because === null || isStopped || rules.find(ruleId)?.mode !== 'enforce') return
    pauseRule(parts, rule, because)
    events.publish({ type: 'rule.changed', ruleId })
  }

  const schedule = (ruleId: number): void => {
    jobs.get(ruleId)?.stop()
    jobs.delete(ruleId)
    const rule = rules.find(ruleId)
    if (rule === undefined) return
    const job = startSchedule(rule.settings.schedule, () =>
      runQuietly(ruleId, { trigger: 'schedule' }),
    )
    if (job !== undefined) jobs.set(ruleId, job)
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
  const setMode = (
    ruleId: number,
    mode: 'report' | 'paused',
    reason: string,
    actor: string,
  ): Rule => {
    find(ruleId)
    write(() => {
      rules.setMode(ruleId, mode, mode === 'paused' ? `${actor}: ${reason}` : '')
      const action = mode === 'paused' ? 'rule.paused' : 'rule.reporting'
      audit.record(actor, action, String(ruleId), { reason })
    })
    return changed(ruleId)
  }

  const approvalNeeded = ({ settings: { action, caps } }: StoredRule): string | null =>
    action === 'alert' ? null : ruleOrders.secondPersonNeeded(action, caps.perDay)
  const toRule = (rule: StoredRule): Rule => {
    const { ruleId, revision, createdAt, changedAt, enforcedAt, ...stored } = rule
    const next = rule.mode === 'paused' ? null : (jobs.get(ruleId)?.nextRun() ?? null)
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

  for (const { ruleId } of rules.list()) schedule(ruleId)

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
      schedule(ruleId)
      return changed(ruleId)
    },
    update: (ruleId, settings, actor) => {
      find(ruleId)
      check(settings, ruleId)
      write(() => {
        rules.update(ruleId, settings, actor, clock.now())
        audit.record(actor, 'rule.stored', String(ruleId), settings)
      })
      schedule(ruleId)
      return changed(ruleId)
    },
    remove: (ruleId, actor) => {
      find(ruleId)
      write(() => {
        rules.remove(ruleId, clock.now())
        audit.record(actor, 'rule.removed', String(ruleId))
      })
      schedule(ruleId)
      events.publish({ type: 'rule.changed', ruleId })
    },
    run: async (ruleId, actor) => {
      find(ruleId)
      audit.record(actor, 'rule.run', String(ruleId))
      const runId = await runNow(ruleId, { trigger: 'person' })
      const { pausedBecause, revision } = find(ruleId)
      if (runId !== undefined) return toRun(rules.findRun(runId)!, revision)
      throw new AppError(
        'RULE_STATE',
        409,
        `the rule is paused: ${pausedBecause}; let it report first`,
      )
    },
    enforce: (ruleId, { confirmCount, reason }, actor) => {
      const rule = find(ruleId)
      write(() => {
        checkEnforceable(rule, confirmCount, actor)
        rules.setEnforced(ruleId, actor, clock.now())
        audit.record(actor, 'rule.enforced', String(ruleId), { confirmCount, reason })
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
    inventoryChanged: arrivals.add,
    stop: async () => {
      isStopped = true
      unsubscribe()
      arrivals.stop()
      for (const job of jobs.values()) job.stop()
      await Promise.allSettled(running.values())
    },
  }

  function checkEnforceable(rule: StoredRule, confirmCount: number, actor: string): void {
    const { ruleId, mode, revision, changedBy } = rule
    if (mode !== 'report' || isExpired(rule)) {
      const state = isExpired(rule) ? 'expired' : mode === 'paused' ? 'paused' : 'enforced already'
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

const EXPIRED = 'it has expired'

function toRun({ ruleId: _, revision, at, ...run }: StoredRuleRun, current: number): RuleRun {
  return { ...run, at: toTimestamp(at), isCurrent: revision === current }
}
