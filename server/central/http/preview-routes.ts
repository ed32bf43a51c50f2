/** `/api/v1/orders/previews`: what an order would name, frozen. Changes nothing on any machine. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  OrderPreview,
  type PreviewTarget,
  PreviewTargetPage,
} from '../../protocol/api/order-previews.ts'
import { PreviewRequest } from '../../protocol/api/preview-requests.ts'
import { PreviewId } from '../../protocol/ids.ts'
import type { PreviewService } from '../ordering/preview-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { type Columns, ExportFormat, pagesOf, sendExport } from './export-formats.ts'
import { PageQuery } from './paging.ts'

export interface PreviewRoutesOptions {
  previews: PreviewService
}

const strict = { additionalProperties: false } as const
const Params = Type.Object({ previewId: PreviewId }, strict)
const Wait = Type.Object(
  {
    waitMs: Type.Integer({
      minimum: 0,
      maximum: 25_000,
      default: 0,
      description: 'Answer only when counting has ended, or after so long',
    }),
  },
  strict,
)
const writing = { access: 'orders.create', scope: 'filtered' } as const
/** Whoever has to approve an order may look at what it was made of. */
const reading = { access: 'inventory.read', scope: 'filtered' } as const
const tags = ['orders']

const COLUMNS: Columns<PreviewTarget> = {
  targetId: (row) => row.targetId,
  machineId: (row) => row.machineId,
  hostname: (row) => row.hostname,
  volumeId: (row) => row.volumeId,
  identity: (row) => row.identity,
  path: (row) => row.path,
  stream: (row) => row.stream,
  sizeBytes: (row) => row.sizeBytes,
  sha256: (row) => row.sha256,
}

export const previewRoutes: FastifyPluginAsyncTypebox<PreviewRoutesOptions> = async (
  app,
  { previews },
) => {
  // Of every route below that names a preview.
  app.addHook('preHandler', async (request) => {
    const { previewId } = request.params as { previewId?: PreviewId }
    if (previewId !== undefined) await previews.requireVisible(previewId, request.machineScope)
  })

  app.post(
    '/orders/previews',
    {
      config: writing,
      schema: {
        summary: 'Freeze what an order would name',
        tags,
        querystring: Wait,
        body: PreviewRequest,
        response: { 202: OrderPreview, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      const { body, query, machineScope } = request
      const preview = await previews.begin(body, actorOf(request), query.waitMs, machineScope)
      return reply.code(202).send(preview)
    },
  )

  app.get(
    '/orders/previews/:previewId',
    {
      config: reading,
      schema: {
        summary: 'One preview: how far it is, and what it found',
        tags,
        params: Params,
        querystring: Wait,
        response: { 200: OrderPreview, ...ERROR_REPLIES },
      },
    },
    async ({ params, query }) => previews.get(params.previewId, query.waitMs),
  )

  app.get(
    '/orders/previews/:previewId/targets',
    {
      config: reading,
      schema: {
        summary: 'What exactly is frozen',
        tags,
        params: Params,
        querystring: Type.Object(PageQuery, strict),
        response: { 200: PreviewTargetPage, ...ERROR_REPLIES },
      },
    },
    async ({ params, query }) => previews.targets(params.previewId, query),
  )

  app.get(
    '/orders/previews/:previewId/export',
    {
      config: reading,
      schema: {
        summary: 'All that is frozen, one a line',
        tags,
        params: Params,
        querystring: Type.Object({ format: ExportFormat }, strict),
      },
    },
    async ({ params, query }, reply) =>
      sendExport(
        reply,
        'order-preview',
        query.format,
        COLUMNS,
        await pagesOf(async (page) => {
          const { targets, cursor } = await previews.targets(params.previewId, page)
          return { rows: targets, cursor }
        }),
      ),
  )

  app.delete(
    '/orders/previews/:previewId',
    {
      config: writing,
      schema: {
        summary: 'Stop or forget a preview',
        tags,
        params: Params,
        response: { 204: Type.Null(), ...ERROR_REPLIES },
      },
    },
    async ({ params }, reply) => {
      await previews.drop(params.previewId)
      return reply.code(204).send(null)
    },
  )
}
