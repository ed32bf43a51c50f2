/** What became of a rule's orders: too many failures stop it. */
import type { Order } from '../../protocol/api/orders.ts'
import type { StoredRule } from '../store/rule-store.ts'
import type { RuleRunnerParts } from './rule-runner.ts'
import { DAY_MS } from './rule-selection.ts'

const OPEN = ['queued', 'sent', 'cancelled', 'expired']
const FAILED = ['failed', 'denied', 'refused']

/** Why the rule must stop; null: it may go on. */
export async function reasonToStop(
  { rules, ruleOrders, clock }: Pick<RuleRunnerParts, 'rules' | 'ruleOrders' | 'clock'>,
  { ruleId, settings, mode, enforcedAt }: StoredRule,
): Promise<string | null> {
  if (mode !== 'enforce') return null
  // What failed before it was allowed again was looked at by whoever allowed it.
  const since = Math.max(clock.now() - DAY_MS, enforcedAt ?? 0)
  const orders = await Promise.all(rules.ordersSince(ruleId, since).map(ruleOrders.get))
  const failed = sumOf(orders, (state) => FAILED.includes(state))
  const receipts = sumOf(orders, (state) => !OPEN.includes(state))
  const { stopAtFailedPercent } = settings.caps
  if (receipts === 0 || (failed / receipts) * 100 <= stopAtFailedPercent) return null
  return `${failed} of ${receipts} receipts of its orders failed, were denied or refused: more than ${stopAtFailedPercent} %`
}

function sumOf(orders: readonly Order[], isCounted: (state: string) => boolean): number {
  return orders
    .flatMap(({ counts }) => Object.entries(counts))
    .reduce((sum, [state, count]) => sum + (isCounted(state) ? count : 0), 0)
}
