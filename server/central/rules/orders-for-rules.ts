/** A rule's order is a person's order: previewed, frozen, counted, and made of exactly what the preview named. */
import { AppError } from '../../shared/app-error.ts'
import { ALL_MACHINES } from '../accounts/scope-service.ts'
import { approvalNeeded, type OrderPolicyService } from '../ordering/order-policy.ts'
import type { OrderService } from '../ordering/order-service.ts'
import type { PreviewService } from '../ordering/preview-service.ts'
import type { RuleOrders } from './rule-orders.ts'

/** Freezing so few as a run names takes a moment. */
const WAIT_MS = 60_000

export function ordersForRules(parts: {
  orders: OrderService
  previews: PreviewService
  policy: OrderPolicyService
}): RuleOrders {
  const { orders, previews, policy } = parts
  return {
    make: async ({ action, streamIds, author, writers, reason, stopAtFailedPercent }) => {
      const asked = { action, selection: { streamIds } }
      const { previewId, state, targetCount, error } = await previews.begin(
        asked,
        author,
        WAIT_MS,
        ALL_MACHINES,
      )
      if (state !== 'ready') {
        throw new AppError(
          'PREVIEW_NOT_READY',
          409,
          error || 'counting took too long; it runs again',
        )
      }
      if (targetCount === 0) {
        await previews.drop(previewId)
        return null
      }
      const plan = { canaryMachines: 0, rampPercent: [], stopAtFailedPercent }
      const request = { previewId, confirmCount: targetCount, reason, plan }
      return orders.create(request, author, writers)
    },
    get: orders.get,
    cancel: async (orderId, because, actor) => {
      try {
        await orders.cancel(orderId, { reason: because.slice(0, 1_024) }, actor)
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'ORDER_STATE')) throw error
      }
    },
    secondPersonNeeded: (action, targetCount) => {
      const asked = policy.get()
      // What it will name nobody knows yet: each verdict that the policy minds may come.
      const byVerdict = asked.secondPersonFor.verdicts.map((value) => ({ value, count: 1 }))
      return approvalNeeded(asked, { action, targetCount, byVerdict })
    },
  }
}
