import type { OrderService } from '../ordering/order-service.ts'
import type { RuleOrders } from './rule-orders.ts'

/** A rule's order is a person's order: previewed, counted, and made of exactly what the preview named. */
export function ordersForRules(orders: OrderService): RuleOrders {
  return {
    make: async ({ action, streamIds, author, reason }) => {
      if (action !== 'strip') throw new Error('later')
      const { targetCount } = await orders.preview({ streamIds })
      if (targetCount === 0) return null
      return orders.create({ action, streamIds, confirmCount: targetCount, reason }, author)
    },
    get: orders.get,
    secondPersonNeeded: (_, count) => (count > 1_000 ? 'more than 1,000 streams' : null),
  }
}
