/** `/api/v1/orders`: the only way to take a stream away, or to put it back. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  Order,
  OrderPage,
  OrderPreview,
  OrderPreviewRequest,
  OrderRequest,
  OrderTargetPage,
  TargetState,
  UndoRequest,
} from '../../protocol/api/orders.ts'
import { OrderId } from '../../protocol/ids.ts'
import type { OrderService } from '../ordering/order-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { PageQuery } from './paging.ts'

const strict = { additionalProperties: false } as const
const Params = Type.Object({ orderId: OrderId }, strict)
const reading = { access: 'inventory.read' } as const
const writing = { access: 'orders.create' } as const
const tags = ['orders']

export const orderRoutes: FastifyPluginAsyncTypebox<{ orders: OrderService }> = async (
  app,
  options,
) => {
  await app.register(readingRoutes, options)
  await app.register(writingRoutes, options)
}

const readingRoutes: FastifyPluginAsyncTypebox<{ orders: OrderService }> = async (
  app,
  { orders },
) => {
  app.post(
    '/orders/preview',
    {
      config: writing,
      schema: {
        summary: 'What an order over these streams would name; changes nothing',
        tags,
        body: OrderPreviewRequest,
        response: { 200: OrderPreview, ...ERROR_REPLIES },
      },
    },
    async ({ body }) => orders.preview(body),
  )

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
    async ({ query }) => orders.page(query),
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

  app.get(
    '/orders/:orderId/targets',
    {
      config: reading,
      schema: {
        summary: 'What an order names, and what became of each',
        tags,
        params: Params,
        querystring: Type.Object({ state: Type.Optional(TargetState), ...PageQuery }, strict),
        response: { 200: OrderTargetPage, ...ERROR_REPLIES },
      },
    },
    async ({ params, query }) => orders.targets(params.orderId, query, query),
  )
}

const writingRoutes: FastifyPluginAsyncTypebox<{ orders: OrderService }> = async (
  app,
  { orders },
) => {
  app.post(
    '/orders',
    {
      config: writing,
      schema: {
        summary: 'Order these streams to be stripped',
        tags,
        body: OrderRequest,
        response: { 201: Order, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      reply.code(201)
      return orders.create(request.body, actorOf(request))
    },
  )

  app.post(
    '/orders/:orderId/cancel',
    {
      config: writing,
      schema: {
        summary: 'Cancel what was not sent yet',
        tags,
        params: Params,
        body: Type.Object({}, strict),
        response: { 200: Order, ...ERROR_REPLIES },
      },
    },
    async (request) => orders.cancel(request.params.orderId, actorOf(request)),
  )

  app.post(
    '/orders/:orderId/undo',
    {
      config: writing,
      schema: {
        summary: 'Order that what this one stripped is put back',
        tags,
        params: Params,
        body: UndoRequest,
        response: { 201: Order, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      reply.code(201)
      return orders.undo(request.params.orderId, request.body, actorOf(request))
    },
  )
}
