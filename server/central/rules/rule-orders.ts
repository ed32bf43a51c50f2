/** A rule's way to an order: the one that a person has, with the rule as author. */
import type { Order } from '../../protocol/api/orders.ts'
import type { RuleAction } from '../../protocol/api/rules.ts'
import type { OrderId } from '../../protocol/ids.ts'

export type OrderedAction = Exclude<RuleAction, 'alert'>

export interface RuleOrders {
  /** Null: none of the streams can be ordered now. */
  make(request: {
    action: OrderedAction
    streamIds: number[]
    author: string
    /** Who wrote the rule, and who changed it last. */
    writers: readonly string[]
    reason: string
    stopAtFailedPercent: number
  }): Promise<Order | null>
  get(orderId: OrderId): Promise<Order>
  /** What was not sent yet. Nothing where the order has ended meanwhile. */
  cancel(orderId: OrderId, because: string, actor: string): Promise<void>
  /** Whatever the verdicts of what it will name. Why a second person would have to approve so many; null: none. */
  secondPersonNeeded(action: OrderedAction, targetCount: number): string | null
}

/** User names have no colon, so nobody can be called like a rule. */
export function authorOf(ruleId: number): string {
  return `rule:${ruleId}`
}
