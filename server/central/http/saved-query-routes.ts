/** `/api/v1/saved-queries`: questions that are asked again. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { SavedQueries, SavedQuery, SavedQuerySettings } from '../../protocol/api/saved-queries.ts'
import type { SavedQueryService } from '../saved/saved-query-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

const strict = { additionalProperties: false } as const
const reading = { access: 'inventory.read', scope: 'filtered' } as const
const writing = { access: 'machines.ask', scope: 'filtered' } as const
const tags = ['saved queries']
const Params = Type.Object({ savedId: Type.Integer({ minimum: 1 }) }, strict)

export interface SavedQueryRoutesOptions {
  savedQueries: SavedQueryService
}

export const savedQueryRoutes: FastifyPluginAsyncTypebox<SavedQueryRoutesOptions> = async (
  app,
  { savedQueries },
) => {
  app.get(
    '/saved-queries',
    {
      config: reading,
      schema: {
        summary: 'Saved queries, by name',
        tags,
        response: { 200: SavedQueries, ...ERROR_REPLIES },
      },
    },
    async ({ machineScope }) => savedQueries.list(machineScope),
  )

  app.post(
    '/saved-queries',
    {
      config: writing,
      schema: {
        summary: 'Save a query, with or without a schedule',
        tags,
        body: SavedQuerySettings,
        response: { 201: SavedQuery, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      const { body, machineScope } = request
      return reply.code(201).send(savedQueries.add(body, actorOf(request), machineScope))
    },
  )

  app.put(
    '/saved-queries/:savedId',
    {
      config: writing,
      schema: {
        summary: 'Change a saved query; earlier results go',
        tags,
        params: Params,
        body: SavedQuerySettings,
        response: { 200: SavedQuery, ...ERROR_REPLIES },
      },
    },
    async (request) => {
      const { params, body, machineScope } = request
      return savedQueries.update(params.savedId, body, actorOf(request), machineScope)
    },
  )

  app.delete(
    '/saved-queries/:savedId',
    {
      config: writing,
      schema: {
        summary: 'Remove a saved query',
        tags,
        params: Params,
        response: { 204: Type.Null(), ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      savedQueries.remove(request.params.savedId, actorOf(request), request.machineScope)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/saved-queries/:savedId/run',
    {
      config: { ...writing, rateLimit: { max: 30, timeWindow: 60_000 } },
      schema: {
        summary: 'Ask it now',
        tags,
        params: Params,
        body: Type.Object({}, strict),
        response: { 200: SavedQuery, ...ERROR_REPLIES },
      },
    },
    async (request) =>
      savedQueries.run(request.params.savedId, actorOf(request), request.machineScope),
  )
}
