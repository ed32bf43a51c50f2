import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ReceiptsReply, RestoreRequest, StripRequest } from '../../protocol/order.ts'
import type { RestoreRunner } from '../strip/restore-runner.ts'
import type { StripRunner } from '../strip/strip-runner.ts'

export interface OrderRoutesOptions {
  readonly stripRunner: StripRunner
  readonly restoreRunner: RestoreRunner
}

/**
 * The only routes that change anything on the disk. Each names its streams one by one; a repeat is
 * answered from the journal.
 */
export const orderRoutes: FastifyPluginAsyncTypebox<OrderRoutesOptions> = async (
  app,
  { stripRunner, restoreRunner },
) => {
  app.post(
    '/strip',
    { schema: { body: StripRequest, response: { 200: ReceiptsReply } } },
    async ({ body }) => ({ receipts: await stripRunner.strip(body) }),
  )

  app.post(
    '/restore',
    { schema: { body: RestoreRequest, response: { 200: ReceiptsReply } } },
    async ({ body }) => ({ receipts: await restoreRunner.restore(body) }),
  )
}
