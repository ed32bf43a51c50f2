import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  MarkRequest,
  type OrderAction,
  ReceiptsReply,
  ReduceRequest,
  RestoreRequest,
  StripRequest,
} from '../../protocol/order.ts'
import type { OrderRunner } from '../strip/order-runner.ts'

export interface OrderRoutesOptions {
  readonly orderRunner: OrderRunner
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
  { orderRunner },
) => {
  for (const action of ['strip', 'restore', 'reduce', 'mark'] as const) {
    app.post(
      `/${action}`,
      { schema: { body: BODIES[action], response: { 200: ReceiptsReply } } },
      async ({ body: { targets, ...order } }) => ({
        receipts: await orderRunner.run(action, order, targets),
      }),
    )
  }
}
