import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  MarkRequest,
  type OrderAction,
  ReceiptsReply,
  ReduceRequest,
  RestoreRequest,
  StripRequest,
} from '../../protocol/order.ts'
import type { QuarantineStore } from '../state/quarantine-store.ts'
import { withContents } from '../strip/central-copy.ts'
import type { OrderRunner } from '../strip/order-runner.ts'

export interface OrderRoutesOptions {
  readonly orderRunner: OrderRunner
  readonly quarantineStore: QuarantineStore
}

const BODIES = {
  strip: StripRequest,
  restore: RestoreRequest,
  reduce: ReduceRequest,
  mark: MarkRequest,
} satisfies Record<OrderAction, unknown>

/**
 * The only routes that change anything on the disk. Each names its streams one by one; a repeat is
 * answered from the journal.
 */
export const orderRoutes: FastifyPluginAsyncTypebox<OrderRoutesOptions> = async (
  app,
  { orderRunner, quarantineStore },
) => {
  for (const action of ['strip', 'restore', 'reduce', 'mark'] as const) {
    app.post(
      `/${action}`,
      { schema: { body: BODIES[action], response: { 200: ReceiptsReply } } },
      async ({ body }) => {
        const { orderId, orderedBy, reason, targets, onlyIfBegun } = body
        const order = { orderId, orderedBy, reason }
        const receipts = await orderRunner.run(action, order, targets, onlyIfBegun)
        const upToBytes = 'returnUpToBytes' in body ? (body.returnUpToBytes ?? 0) : 0
        return { receipts: withContents(quarantineStore, receipts, upToBytes) }
      },
    )
  }
}
