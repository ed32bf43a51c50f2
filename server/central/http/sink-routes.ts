/** `/api/v1/sinks`: where notable events are told. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Sink, SinkSettings, Sinks } from '../../protocol/api/sinks.ts'
import type { SinkService } from '../sinks/sink-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

const strict = { additionalProperties: false } as const
const config = { access: 'settings.manage', scope: 'unscoped-only' } as const
const tags = ['sinks']
const Params = Type.Object({ sinkId: Type.Integer({ minimum: 1 }) }, strict)
const Done = Type.Null()

export interface SinkRoutesOptions {
  sinks: SinkService
}

export const sinkRoutes: FastifyPluginAsyncTypebox<SinkRoutesOptions> = async (app, { sinks }) => {
  app.get(
    '/sinks',
    {
      config,
      schema: { summary: 'All sinks', tags, response: { 200: Sinks, ...ERROR_REPLIES } },
    },
    async () => sinks.list(),
  )

  app.post(
    '/sinks',
    {
      config,
      schema: {
        summary: 'Tell notable events to a webhook or a syslog server',
        tags,
        body: SinkSettings,
        response: { 201: Sink, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => reply.code(201).send(sinks.add(request.body, actorOf(request))),
  )

  app.put(
    '/sinks/:sinkId',
    {
      config,
      schema: {
        summary: 'Change a sink',
        tags,
        params: Params,
        body: SinkSettings,
        response: { 200: Sink, ...ERROR_REPLIES },
      },
    },
    async (request) => sinks.update(request.params.sinkId, request.body, actorOf(request)),
  )

  app.delete(
    '/sinks/:sinkId',
    {
      config,
      schema: {
        summary: 'Remove a sink and its queue',
        tags,
        params: Params,
        response: { 204: Done, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      sinks.remove(request.params.sinkId, actorOf(request))
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/sinks/:sinkId/test',
    {
      config,
      schema: {
        summary: 'Tell a sink an event of kind test',
        tags,
        params: Params,
        body: Type.Object({}, strict),
        response: { 204: Done, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      sinks.test(request.params.sinkId, actorOf(request))
      return reply.code(204).send(null)
    },
  )
}
