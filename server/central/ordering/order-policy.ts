/** When an order needs a second person. */
import type { OrderPolicy } from '../../protocol/api/order-policy.ts'
import type { OrderAction } from '../../protocol/order.ts'
import type { VerdictName } from '../../protocol/stream.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { OrderPolicyStore } from '../store/order-policy-store.ts'
import type { Write } from '../store/stores.ts'

/** One administrator alone can strip what one installer left, and not a whole fleet. */
const DEFAULT_POLICY: OrderPolicy = {
  secondPersonAbove: 1_000,
  secondPersonFor: { actions: [], verdicts: [] },
}

export interface OrderPolicyService {
  get(): OrderPolicy
  set(policy: OrderPolicy, actor: string): OrderPolicy
}

export function createOrderPolicyService(parts: {
  orderPolicy: OrderPolicyStore
  audit: AuditLog
  write: Write
}): OrderPolicyService {
  const { orderPolicy, audit, write } = parts
  return {
    get: () => orderPolicy.find() ?? DEFAULT_POLICY,
    set: (policy, actor) => {
      write(() => {
        orderPolicy.put(policy)
        audit.record(actor, 'order-policy.changed', 'orders', policy)
      })
      return policy
    },
  }
}

/** A sentence for people; null: nobody else is needed. Pure. */
export function approvalNeeded(
  { secondPersonAbove, secondPersonFor }: OrderPolicy,
  order: {
    action: OrderAction
    targetCount: number
    byVerdict: readonly { value: VerdictName; count: number }[]
  },
): string | null {
  const { action, targetCount, byVerdict } = order
  if (secondPersonFor.actions.includes(action))
    return `every order to ${action} needs a second person`
  const verdict = byVerdict.find(({ value }) => secondPersonFor.verdicts.includes(value))
  if (verdict !== undefined) return `it names streams that are ${verdict.value}`
  if (secondPersonAbove !== null && targetCount > secondPersonAbove)
    return `it names more than ${secondPersonAbove} targets`
  return null
}
