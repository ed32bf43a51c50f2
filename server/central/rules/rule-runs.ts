/** When rules run: by people, by the clock, and over what arrives; and what becomes of one that must stop. */
import type { Cron } from 'croner'
import type { MachineId, OrderId } from '../../protocol/ids.ts'
import type { Logger } from '../../shared/logger.ts'
import { CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import { startSchedule } from '../saved/check-schedule.ts'
import type { StoredRule } from '../store/rule-store.ts'
import { createArrivals } from './arrivals.ts'
import {
  pauseRule,
  type RuleRan,
  type RuleRunnerParts,
  type RunCause,
  runRule,
} from './rule-runner.ts'
import { createRuleTurns } from './rule-turns.ts'
import { reasonToStop } from './rule-watch.ts'
import { cancelOrdersOf, cancelOrdersOfStopped } from './rule-withdrawal.ts'

export interface RuleRuns {
  /** The number of the run; undefined: it is paused, was changed while it ran, or is gone. */
  byPerson(ruleId: number): Promise<number | undefined>
  /** Called with each rule that is there, and again when it was changed or removed. */
  schedule(ruleId: number): void
  nextRunAt(ruleId: number): Date | null
  /** Called with each machine whose inventory changed. */
  inventoryChanged(machineId: MachineId): void
  /** Called when a rule may act no more. Resolves when nothing of its orders is queued. */
  cancelOrders(ruleId: number, because: string, actor: string): Promise<void>
  stop(): Promise<void>
}

export interface RuleRunsParts extends RuleRunnerParts {
  events: EventHub
  logger: Logger
  /** How long changes of the inventory are gathered before rules run over them. */
  arrivalsMs: number
}

export function isExpired({ settings }: StoredRule, now: number): boolean {
  return Date.parse(settings.expiresAt) <= now
}

export function createRuleRuns(parts: RuleRunsParts): RuleRuns {
  const { rules, events, clock, logger } = parts
  const jobs = new Map<number, Cron>()
  const turns = createRuleTurns()
  let isStopped = false
  const failed = (ruleId: number, message: string) => (error: unknown) =>
    logger.error({ err: error, ruleId }, message)

  const runOnce = (ruleId: number, cause: RunCause): Promise<RuleRan | undefined> =>
    turns.take(ruleId, () => perform(ruleId, cause))
  const perform = async (ruleId: number, cause: RunCause): Promise<RuleRan | undefined> => {
    const rule = isStopped ? undefined : rules.find(ruleId)
    if (rule === undefined || rule.mode === 'paused') return undefined
    const { mode } = rule
    const because = isExpired(rule, clock.now())
      ? 'it has expired'
      : await reasonToStop(parts, rule)
    if (because !== null) {
      stopRule(rule, because)
      return undefined
    }
    const goesOn = () => !isStopped && rules.find(ruleId)?.mode === mode
    const ran = await runRule(parts, { ...rule, mode }, cause, goesOn)
    if (ran === undefined) return undefined
    events.publish({ type: 'rule.changed', ruleId })
    // Its order may have ended before the run was on record as its maker.
    await stopIfFailing(ruleId)
    return ran
  }
  /** As many runs as it takes to look at everything. Whether none of them failed. */
  const runToEnd = async (ruleId: number, cause: RunCause): Promise<boolean> => {
    let isDone = true
    let next: RunCause | null = cause
    try {
      while (next !== null) {
        const ran = await runOnce(ruleId, next)
        if (ran === undefined) return isDone
        if (ran.error !== '') isDone = false
        next = ran.rest === null ? null : { ...cause, rest: ran.rest }
      }
      return isDone
    } catch (error) {
      failed(ruleId, 'a rule failed')(error)
      return false
    }
  }

  const stopRule = (rule: StoredRule, because: string): void => {
    const { ruleId } = rule
    pauseRule(parts, rule, because)
    events.publish({ type: 'rule.changed', ruleId })
    cancelOrders(ruleId, `rule ${ruleId} has paused itself: ${because}`, CENTRAL_ACTOR).catch(
      failed(ruleId, 'the orders of a rule that has paused itself could not be cancelled'),
    )
  }
  const stopIfFailing = async (ruleId: number): Promise<void> => {
    const rule = rules.find(ruleId)
    if (rule === undefined) return
    const because = await reasonToStop(parts, rule)
    // Somebody, or another event, may have been faster.
    if (because === null || isStopped || rules.find(ruleId)?.mode !== 'enforce') return
    stopRule(rule, because)
  }
  /** After a run that is under way, which may still make one. */
  const cancelOrders: RuleRuns['cancelOrders'] = (ruleId, because, actor) =>
    turns.take(ruleId, () => cancelOrdersOf(parts, ruleId, because, actor))

  const watchOrder = (orderId: OrderId): void => {
    const ruleId = rules.ruleOfOrder(orderId)
    if (ruleId === undefined) return
    stopIfFailing(ruleId).catch(failed(ruleId, 'the orders of a rule could not be read'))
  }
  const unsubscribe = events.subscribe((event) => {
    if (event.type === 'order.changed' && !isStopped) watchOrder(event.orderId)
  })
  const arrivals = createArrivals({
    everyMs: parts.arrivalsMs,
    ruleIds: () =>
      rules
        .list()
        .filter(({ settings, mode }) => settings.onInventory && mode !== 'paused')
        .map(({ ruleId }) => ruleId),
    run: (ruleId, machineIds) =>
      runToEnd(ruleId, {
        trigger: 'inventory',
        ...(machineIds === null ? {} : { machineIds }),
      }),
  })
  const leftOver = cancelOrdersOfStopped(parts).catch((error: unknown) => {
    logger.error({ err: error }, 'the orders of rules that have ended could not be cancelled')
  })

  return {
    byPerson: async (ruleId) => {
      const cause = { trigger: 'person' } as const
      const ran = await runOnce(ruleId, cause)
      if (ran?.rest != null) void runToEnd(ruleId, { ...cause, rest: ran.rest })
      return ran?.runId
    },
    schedule: (ruleId) => {
      jobs.get(ruleId)?.stop()
      jobs.delete(ruleId)
      const rule = rules.find(ruleId)
      if (rule === undefined) return
      const job = startSchedule(
        rule.settings.schedule,
        async () => void (await runToEnd(ruleId, { trigger: 'schedule' })),
      )
      if (job !== undefined) jobs.set(ruleId, job)
    },
    nextRunAt: (ruleId) => jobs.get(ruleId)?.nextRun() ?? null,
    inventoryChanged: arrivals.add,
    cancelOrders,
    stop: async () => {
      isStopped = true
      unsubscribe()
      arrivals.stop()
      for (const job of jobs.values()) job.stop()
      await Promise.all([turns.over(), leftOver])
    },
  }
}
