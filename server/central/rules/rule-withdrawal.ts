/**
 * A rule that may act no more does not act through what it ordered before either: what was not sent of its orders is
 * cancelled. What was sent ends with its receipts.
 */
import type { OrderId } from '../../protocol/ids.ts'
import { CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { RuleRunnerParts } from './rule-runner.ts'
import { DAY_MS } from './rule-selection.ts'

/** An order of a rule has expired after that. */
const ORDER_LIFE_MS = 30 * DAY_MS

type Parts = Pick<RuleRunnerParts, 'rules' | 'ruleOrders' | 'clock'>

export async function cancelOrdersOf(
  { rules, ruleOrders, clock }: Parts,
  ruleId: number,
  because: string,
  actor: string,
): Promise<void> {
  for (const orderId of rules.ordersSince(ruleId, clock.now() - ORDER_LIFE_MS)) {
    await cancelQueued(ruleOrders, orderId, because, actor)
  }
}

/** What a crash left between the end of a rule and that of its orders. */
export async function cancelOrdersOfStopped({ rules, ruleOrders, clock }: Parts): Promise<void> {
  for (const { orderId, because } of rules.ordersOfStopped(clock.now() - ORDER_LIFE_MS)) {
    await cancelQueued(ruleOrders, orderId, because, CENTRAL_ACTOR)
  }
}

async function cancelQueued(
  ruleOrders: Parts['ruleOrders'],
  orderId: OrderId,
  because: string,
  actor: string,
): Promise<void> {
  const { counts } = await ruleOrders.get(orderId)
  if ((counts.queued ?? 0) > 0) await ruleOrders.cancel(orderId, because, actor)
}
