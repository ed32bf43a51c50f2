/** `/api/v1/live-queries`: questions to agents. They change nothing on any machine. */
import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  AskAgainRequest,
  LiveAnswerPage,
  LiveAnswerState,
  LiveQueryRequest,
  LiveQuestion,
  LiveQuestionPage,
  LiveRowPage,
  QuestionId,
} from '../../protocol/api/live-queries.ts'
import type { LiveService } from '../live/live-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { ExportFormat, LIVE_ROW_COLUMNS, sendExport } from './export-formats.ts'
import { PageQuery } from './paging.ts'

const strict = { additionalProperties: false } as const
const Params = Type.Object({ questionId: QuestionId }, strict)
const reading = { access: 'inventory.read', scope: 'filtered' } as const
const writing = { access: 'machines.ask', scope: 'filtered' } as const
const tags = ['live queries']

export const liveRoutes: FastifyPluginAsyncTypebox<{ live: LiveService }> = async (
  app,
  options,
) => {
  await app.register(askingRoutes, options)
  await app.register(answerRoutes, options)
}

const askingRoutes: FastifyPluginAsyncTypebox<{ live: LiveService }> = async (app, { live }) => {
  app.post(
    '/live-queries',
    {
      config: { ...writing, rateLimit: { max: 30, timeWindow: 60_000 } },
      schema: {
        summary: 'Ask machines what is on their disks now',
        tags,
        body: LiveQueryRequest,
        response: { 201: LiveQuestion, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      const question = live.ask(request.body, actorOf(request), request.machineScope)
      return reply.code(201).send(question)
    },
  )

  app.post(
    '/live-queries/:questionId/cancel',
    {
      config: writing,
      schema: {
        summary: 'Ask nobody any more, and tell agents to stop',
        tags,
        params: Params,
        body: Type.Object({}, strict),
        response: { 200: LiveQuestion, ...ERROR_REPLIES },
      },
    },
    async (request) =>
      live.cancel(request.params.questionId, actorOf(request), request.machineScope),
  )

  app.post(
    '/live-queries/:questionId/ask-again',
    {
      config: { ...writing, rateLimit: { max: 30, timeWindow: 60_000 } },
      schema: {
        summary: 'Ask those again that gave no answer',
        tags,
        params: Params,
        body: AskAgainRequest,
        response: { 200: LiveQuestion, ...ERROR_REPLIES },
      },
    },
    async (request) => {
      const { params, body, machineScope } = request
      return live.askAgain(params.questionId, body, actorOf(request), machineScope)
    },
  )
}

const answerRoutes: FastifyPluginAsyncTypebox<{ live: LiveService }> = async (app, { live }) => {
  /** Who follows a question would keep a stopping central open. */
  const following = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const follower of following) follower.abort()
  })

  app.get(
    '/live-queries',
    {
      config: reading,
      schema: {
        summary: 'Live queries, newest first',
        tags,
        querystring: Type.Object(PageQuery, strict),
        response: { 200: LiveQuestionPage, ...ERROR_REPLIES },
      },
    },
    async ({ query, machineScope }) => live.page(query, machineScope),
  )

  app.get(
    '/live-queries/:questionId',
    {
      config: reading,
      schema: {
        summary: 'One live query and how far it is',
        tags,
        params: Params,
        response: { 200: LiveQuestion, ...ERROR_REPLIES },
      },
    },
    async ({ params, machineScope }) => live.get(params.questionId, machineScope),
  )

  app.get(
    '/live-queries/:questionId/answers',
    {
      config: reading,
      schema: {
        summary: 'What each machine said, or why it did not',
        tags,
        params: Params,
        querystring: Type.Object(
          {
            state: Type.Optional(Type.Union([LiveAnswerState, Type.Literal('unanswered')])),
            ...PageQuery,
          },
          strict,
        ),
        response: { 200: LiveAnswerPage, ...ERROR_REPLIES },
      },
    },
    async ({ params, query: { state, ...page }, machineScope }) =>
      live.answers(params.questionId, { state }, page, machineScope),
  )

  app.get(
    '/live-queries/:questionId/rows',
    {
      config: reading,
      schema: {
        summary: 'The streams that were found, in the order of the answers',
        tags,
        params: Params,
        querystring: Type.Object(PageQuery, strict),
        response: { 200: LiveRowPage, ...ERROR_REPLIES },
      },
    },
    async ({ params, query, machineScope }) => live.rows(params.questionId, query, machineScope),
  )

  app.get(
    '/live-queries/:questionId/rows/export',
    {
      config: reading,
      schema: {
        summary: 'All streams that were found, one a line',
        tags,
        params: Params,
        querystring: Type.Object({ format: ExportFormat }, strict),
      },
    },
    async ({ params, query, machineScope }, reply) =>
      sendExport(
        reply,
        'live-query',
        query.format,
        LIVE_ROW_COLUMNS,
        live.export(params.questionId, machineScope),
      ),
  )

  app.get(
    '/live-queries/:questionId/stream',
    {
      config: reading,
      schema: { summary: 'Answers as they come, as NDJSON', tags, params: Params },
    },
    async ({ params, machineScope }, reply) => {
      const gone = new AbortController()
      following.add(gone)
      reply.raw.on('close', () => {
        following.delete(gone)
        gone.abort()
      })
      const lines = live.follow(params.questionId, gone.signal, machineScope)
      return reply.type('application/x-ndjson').send(Readable.from(toLines(lines)))
    },
  )
}

async function* toLines(values: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}
