/** What is kept of small streams that orders took away: see protocol/api/kept-content.ts. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { KeptContent, KeptContentPolicy, TargetContent } from '../../protocol/api/kept-content.ts'
import { OrderId, TargetId } from '../../protocol/ids.ts'
import type { KeptContentService } from '../ordering/kept-content-service.ts'
import type { OrderService } from '../ordering/order-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

export interface KeptContentRoutesOptions {
  keptContent: KeptContentService
  orders: OrderService
}

const tags = ['orders']
const Params = Type.Object(
  { orderId: OrderId, targetId: TargetId },
  { additionalProperties: false },
)

export const keptContentRoutes: FastifyPluginAsyncTypebox<KeptContentRoutesOptions> = async (
  app,
  { keptContent, orders },
) => {
  const reply = { 200: KeptContent, ...ERROR_REPLIES }
  app.get(
    '/orders/kept-content',
    {
      // Of the whole fleet.
      config: { access: 'inventory.read', scope: 'unscoped-only' },
      schema: {
        summary: 'How much is kept of small streams that orders took away, and for how long',
        tags,
        response: reply,
      },
    },
    () => keptContent.get(),
  )

  app.put(
    '/orders/kept-content',
    {
      config: { access: 'settings.manage', scope: 'unscoped-only' },
      schema: {
        summary: 'Say what is kept; what it does not allow is forgotten',
        tags,
        body: KeptContentPolicy,
        response: reply,
      },
    },
    (request) => keptContent.setPolicy(request.body, actorOf(request)),
  )

  app.get(
    '/orders/:orderId/targets/:targetId/content',
    {
      config: { access: 'content.read', scope: 'filtered' },
      schema: {
        summary: 'What a small stream held that this order took away',
        tags,
        params: Params,
        response: { 200: TargetContent, ...ERROR_REPLIES },
      },
    },
    async (request) => {
      const { orderId, targetId } = request.params
      await orders.requireVisible(orderId, request.machineScope)
      return keptContent.content(orderId, targetId, actorOf(request))
    },
  )
}
