/**
 * `/api/v1/streams`: the inventory. Read-only on purpose: taking a stream away is an order, a resource of its own, so that
 * no filter, link or retry here can delete anything.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import { ReadReply } from '../../protocol/agent-api.ts'
import {
  QuerySuggestions,
  StreamFacets,
  StreamPage,
  StreamRow,
} from '../../protocol/api/streams.ts'
import { MAX_READ_BYTES } from '../../protocol/limits.ts'
import type { Scope } from '../accounts/scope-service.ts'
import type { StreamSearch, StreamService } from '../streams/stream-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { ExportFormat, STREAM_COLUMNS, sendExport } from './export-formats.ts'
import { PageQuery } from './paging.ts'

const strict = { additionalProperties: false } as const

const SearchQuery = {
  q: Type.String({ maxLength: 4_096, default: '', description: 'A query; empty: everything' }),
  gone: Type.Union([Type.Literal('false'), Type.Literal('true'), Type.Literal('only')], {
    default: 'false',
    description: 'Also those that are gone, or only those',
  }),
}
const Explain = {
  explain: Type.Optional(Type.Literal('1', { description: 'Also say how it was answered' })),
}
const Search = Type.Object(SearchQuery, strict)
const Params = Type.Object({ streamId: Type.Integer({ minimum: 1 }) }, strict)

export const streamRoutes: FastifyPluginAsyncTypebox<{ streams: StreamService }> = async (
  app,
  options,
) => {
  await app.register(searchRoutes, options)
  await app.register(oneStreamRoutes, options)
}

const searchRoutes: FastifyPluginAsyncTypebox<{ streams: StreamService }> = async (
  app,
  { streams },
) => {
  app.get(
    '/streams',
    {
      config: { access: 'inventory.read', scope: 'filtered' },
      schema: {
        summary: 'Streams that match',
        tags: ['streams'],
        querystring: Type.Object({ ...SearchQuery, ...PageQuery, ...Explain }, strict),
        response: { 200: StreamPage, ...ERROR_REPLIES },
      },
    },
    async (request) => {
      const { query } = request
      return streams.page(toSearch(request), query, { withPlan: query.explain === '1' })
    },
  )

  app.get(
    '/streams/suggest',
    {
      config: { access: 'inventory.read', scope: 'filtered' },
      schema: {
        summary: 'What could stand at the cursor of a query',
        tags: ['streams'],
        querystring: Type.Object(
          { q: SearchQuery.q, position: Type.Integer({ minimum: 0, maximum: 4_096 }) },
          strict,
        ),
        response: { 200: QuerySuggestions, ...ERROR_REPLIES },
      },
    },
    async ({ query, machineScope }) => streams.suggest(query.q, query.position, machineScope),
  )

  app.get(
    '/streams/facets',
    {
      config: { access: 'inventory.read', scope: 'filtered' },
      schema: {
        summary: 'Counts of what matches',
        tags: ['streams'],
        querystring: Search,
        response: { 200: StreamFacets, ...ERROR_REPLIES },
      },
    },
    async (request) => streams.facets(toSearch(request)),
  )

  app.get(
    '/streams/export',
    {
      config: { access: 'inventory.read', scope: 'filtered' },
      schema: {
        summary: 'All that match, one a line',
        tags: ['streams'],
        querystring: Type.Object(
          {
            ...SearchQuery,
            format: ExportFormat,
          },
          strict,
        ),
      },
    },
    async (request, reply) =>
      sendExport(
        reply,
        'streams',
        request.query.format,
        STREAM_COLUMNS,
        await streams.export(toSearch(request)),
      ),
  )
}

const oneStreamRoutes: FastifyPluginAsyncTypebox<{ streams: StreamService }> = async (
  app,
  { streams },
) => {
  app.get(
    '/streams/:streamId',
    {
      config: { access: 'inventory.read', scope: 'filtered' },
      schema: {
        summary: 'One stream',
        tags: ['streams'],
        params: Params,
        response: { 200: StreamRow, ...ERROR_REPLIES },
      },
    },
    async ({ params, machineScope }) => streams.get(params.streamId, machineScope),
  )

  app.get(
    '/streams/:streamId/content',
    {
      config: { access: 'content.read', scope: 'filtered' },
      schema: {
        summary: 'Bytes of a stream, read by its agent now',
        tags: ['streams'],
        params: Params,
        querystring: Type.Object(
          {
            offset: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
            length: Type.Integer({ minimum: 1, maximum: MAX_READ_BYTES, default: 65_536 }),
          },
          strict,
        ),
        response: { 200: ReadReply, ...ERROR_REPLIES },
      },
    },
    async (request) => {
      const { params, query, machineScope } = request
      return streams.content(params.streamId, query, actorOf(request), machineScope)
    },
  )
}

interface Asked {
  query: Static<typeof Search>
  machineScope: Scope
}

function toSearch({ query: { q, gone }, machineScope: scope }: Asked): StreamSearch {
  const presence = { false: 'live', true: 'any', only: 'gone' } as const
  return { q, presence: presence[gone], scope }
}
