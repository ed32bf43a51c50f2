/** `/api/v1/orders`: the only way to take a stream away, to put it back, or to write one. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { OrderPolicy } from '../../protocol/api/order-policy.ts'
import {
  ApprovalRequest,
  CancelRequest,
  OrderRequest,
  ReasonRequest,
  RetryRequest,
  UndoRequest,
} from '../../protocol/api/order-requests.ts'
import {
  OrderMachinePage,
  OrderTargetPage,
  type OrderTargetRow,
  TargetState,
} from '../../protocol/api/order-targets.ts'
import { Order, OrderPage } from '../../protocol/api/orders.ts'
import { OrderId } from '../../protocol/ids.ts'
import type { OrderPolicyService } from '../ordering/order-policy.ts'
import type { OrderService } from '../ordering/order-service.ts'
import type { PreviewService } from '../ordering/preview-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { type Columns, ExportFormat, pagesOf, sendExport } from './export-formats.ts'
import { PageQuery } from './paging.ts'

export interface OrderRoutesOptions {
  orders: OrderService
  previews: PreviewService
  orderPolicy: OrderPolicyService
}

const strict = { additionalProperties: false } as const
const Params = Type.Object({ orderId: OrderId }, strict)
const ByState = { state: Type.Optional(TargetState) }
const reading = { access: 'inventory.read', scope: 'filtered' } as const
const writing = { access: 'orders.create', scope: 'filtered' } as const
const approving = { access: 'orders.approve', scope: 'filtered' } as const
const tags = ['orders']

const COLUMNS: Columns<OrderTargetRow> = {
  targetId: (row) => row.targetId,
  machineId: (row) => row.machineId,
  hostname: (row) => row.hostname,
  path: (row) => row.path,
  stream: (row) => row.stream,
  sizeBytes: (row) => row.sizeBytes,
  state: (row) => row.state,
  reason: (row) => row.reason,
  at: (row) => row.at,
}

export const orderRoutes: FastifyPluginAsyncTypebox<OrderRoutesOptions> = async (app, options) => {
  const { orders } = options
  // Of every route below that names an order.
  app.addHook('preHandler', async (request) => {
    const { orderId } = request.params as { orderId?: OrderId }
    if (orderId !== undefined) await orders.requireVisible(orderId, request.machineScope)
  })
  await app.register(policyRoutes, options)
  await app.register(listRoutes, options)
  await app.register(oneOrderRoutes, options)
  await app.register(makingRoutes, options)
  await app.register(changingRoutes, options)
}

const policyRoutes: FastifyPluginAsyncTypebox<OrderRoutesOptions> = async (
  app,
  { orderPolicy },
) => {
  app.get(
    '/orders/policy',
    {
      config: { access: 'inventory.read', scope: 'none' },
      schema: {
        summary: 'When orders need a second person',
        tags,
        response: { 200: OrderPolicy, ...ERROR_REPLIES },
      },
    },
    async () => orderPolicy.get(),
  )

  app.put(
    '/orders/policy',
    {
      config: { access: 'settings.manage', scope: 'unscoped-only' },
      schema: {
        summary: 'Say when orders need a second person; orders that are there stay as they are',
        tags,
        body: OrderPolicy,
        response: { 200: OrderPolicy, ...ERROR_REPLIES },
      },
    },
    async (request) => orderPolicy.set(request.body, actorOf(request)),
  )
}

const listRoutes: FastifyPluginAsyncTypebox<OrderRoutesOptions> = async (app, { orders }) => {
  app.get(
    '/orders',
    {
      config: reading,
      schema: {
        summary: 'Orders, newest first',
        tags,
        querystring: Type.Object(PageQuery, strict),
        response: { 200: OrderPage, ...ERROR_REPLIES },
      },
    },
    async ({ query, machineScope }) => orders.page(query, machineScope),
  )

  app.get(
    '/orders/:orderId',
    {
      config: reading,
      schema: {
        summary: 'One order, with how many targets are in each state',
        tags,
        params: Params,
        response: { 200: Order, ...ERROR_REPLIES },
      },
    },
    async ({ params }) => orders.get(params.orderId),
  )
}

const oneOrderRoutes: FastifyPluginAsyncTypebox<OrderRoutesOptions> = async (app, { orders }) => {
  app.get(
    '/orders/:orderId/targets',
    {
      config: reading,
      schema: {
        summary: 'What an order names, and what became of each',
        tags,
        params: Params,
        querystring: Type.Object({ ...ByState, ...PageQuery }, strict),
        response: { 200: OrderTargetPage, ...ERROR_REPLIES },
      },
    },
    async ({ params, query }) => orders.targets(params.orderId, query, query),
  )

  app.get(
    '/orders/:orderId/export',
    {
      config: reading,
      schema: {
        summary: 'The same for all of them, one a line',
        tags,
        params: Params,
        querystring: Type.Object({ ...ByState, format: ExportFormat }, strict),
      },
    },
    async ({ params, query }, reply) =>
      sendExport(
        reply,
        'order',
        query.format,
        COLUMNS,
        await pagesOf(async (page) => {
          const { targets, cursor } = await orders.targets(params.orderId, query, page)
          return { rows: targets, cursor }
        }),
      ),
  )

  app.get(
    '/orders/:orderId/machines',
    {
      config: reading,
      schema: {
        summary: 'Progress machine by machine',
        tags,
        params: Params,
        querystring: Type.Object(PageQuery, strict),
        response: { 200: OrderMachinePage, ...ERROR_REPLIES },
      },
    },
    async ({ params, query }) => orders.machines(params.orderId, query),
  )
}

const makingRoutes: FastifyPluginAsyncTypebox<OrderRoutesOptions> = async (
  app,
  { orders, previews },
) => {
  const made = { 201: Order, ...ERROR_REPLIES }
  app.post(
    '/orders',
    {
      config: writing,
      schema: { summary: 'Order what a preview froze', tags, body: OrderRequest, response: made },
    },
    async (request, reply) => {
      await previews.requireVisible(request.body.previewId, request.machineScope)
      return reply.code(201).send(await orders.create(request.body, actorOf(request)))
    },
  )

  app.post(
    '/orders/:orderId/retry',
    {
      config: writing,
      schema: {
        summary: 'Order again what failed',
        tags,
        params: Params,
        body: RetryRequest,
        response: made,
      },
    },
    async (request, reply) => {
      const { params, body } = request
      return reply.code(201).send(await orders.retry(params.orderId, body, actorOf(request)))
    },
  )

  app.post(
    '/orders/:orderId/undo',
    {
      config: writing,
      schema: {
        summary: 'Order that what this one did is taken back',
        tags,
        params: Params,
        body: UndoRequest,
        response: made,
      },
    },
    async (request, reply) => {
      const { params, body } = request
      return reply.code(201).send(await orders.undo(params.orderId, body, actorOf(request)))
    },
  )
}

const changingRoutes: FastifyPluginAsyncTypebox<OrderRoutesOptions> = async (app, { orders }) => {
  const changed = { 200: Order, ...ERROR_REPLIES }
  app.post(
    '/orders/:orderId/approve',
    {
      config: approving,
      schema: {
        summary: 'Let an order go that somebody else created',
        tags,
        params: Params,
        body: ApprovalRequest,
        response: changed,
      },
    },
    async (request) => orders.approve(request.params.orderId, request.body, actorOf(request)),
  )

  app.post(
    '/orders/:orderId/reject',
    {
      config: approving,
      schema: {
        summary: 'Do not let an order go',
        tags,
        params: Params,
        body: ReasonRequest,
        response: changed,
      },
    },
    async (request) => orders.reject(request.params.orderId, request.body, actorOf(request)),
  )

  for (const [deed, summary] of [
    ['pause', 'Send nothing more until it is resumed'],
    ['resume', 'Go on; failures so far are accepted'],
  ] as const) {
    app.post(
      `/orders/:orderId/${deed}`,
      {
        config: writing,
        schema: { summary, tags, params: Params, body: ReasonRequest, response: changed },
      },
      async (request) => orders[deed](request.params.orderId, request.body, actorOf(request)),
    )
  }

  app.post(
    '/orders/:orderId/cancel',
    {
      config: writing,
      schema: {
        summary: 'Cancel what was not sent yet',
        tags,
        params: Params,
        body: CancelRequest,
        response: changed,
      },
    },
    async (request) => orders.cancel(request.params.orderId, request.body, actorOf(request)),
  )
}
