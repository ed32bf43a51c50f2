/** `/api/v1/rules`: standing queries with an action. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  EnforceRequest,
  Rule,
  RuleExamples,
  RuleReasonRequest,
  RuleRun,
  RuleRunPage,
  RuleSettings,
  Rules,
} from '../../protocol/api/rules.ts'
import type { RuleService } from '../rules/rule-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { PageQuery } from './paging.ts'

const strict = { additionalProperties: false } as const
// A rule looks at and acts on the whole fleet.
const scope = 'unscoped-only'
const reading = { access: 'inventory.read', scope } as const
const writing = { access: 'rules.manage', scope } as const
const tags = ['rules']
const Params = Type.Object({ ruleId: Type.Integer({ minimum: 1 }) }, strict)

export interface RuleRoutesOptions {
  rules: RuleService
}

export const ruleRoutes: FastifyPluginAsyncTypebox<RuleRoutesOptions> = async (app, options) => {
  await app.register(readingRoutes, options)
  await app.register(keepingRoutes, options)
  await app.register(modeRoutes, options)
}

const readingRoutes: FastifyPluginAsyncTypebox<RuleRoutesOptions> = async (app, { rules }) => {
  app.get(
    '/rules',
    {
      config: reading,
      schema: { summary: 'Rules, by name', tags, response: { 200: Rules, ...ERROR_REPLIES } },
    },
    async () => rules.list(),
  )

  app.get(
    '/rules/examples',
    {
      config: reading,
      schema: {
        summary: 'Settings to begin with',
        tags,
        response: { 200: RuleExamples, ...ERROR_REPLIES },
      },
    },
    async () => rules.examples(),
  )

  app.get(
    '/rules/:ruleId',
    {
      config: reading,
      schema: {
        summary: 'One rule',
        tags,
        params: Params,
        response: { 200: Rule, ...ERROR_REPLIES },
      },
    },
    async ({ params }) => rules.get(params.ruleId),
  )

  app.get(
    '/rules/:ruleId/results',
    {
      config: reading,
      schema: {
        summary: 'What its runs found, and did or would have done, newest first',
        tags,
        params: Params,
        querystring: Type.Object(PageQuery, strict),
        response: { 200: RuleRunPage, ...ERROR_REPLIES },
      },
    },
    async ({ params, query }) => rules.results(params.ruleId, query),
  )
}

const keepingRoutes: FastifyPluginAsyncTypebox<RuleRoutesOptions> = async (app, { rules }) => {
  app.post(
    '/rules',
    {
      config: writing,
      schema: {
        summary: 'Make a rule; it begins in report mode',
        tags,
        body: RuleSettings,
        response: { 201: Rule, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => reply.code(201).send(rules.add(request.body, actorOf(request))),
  )

  app.put(
    '/rules/:ruleId',
    {
      config: writing,
      schema: {
        summary: 'Change a rule; it goes back to report mode',
        tags,
        params: Params,
        body: RuleSettings,
        response: { 200: Rule, ...ERROR_REPLIES },
      },
    },
    async (request) => rules.update(request.params.ruleId, request.body, actorOf(request)),
  )

  app.delete(
    '/rules/:ruleId',
    {
      config: writing,
      schema: {
        summary: 'Remove a rule; what is queued of its orders is cancelled',
        tags,
        params: Params,
        response: { 204: Type.Null(), ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      await rules.remove(request.params.ruleId, actorOf(request))
      return reply.code(204).send(null)
    },
  )
}

const modeRoutes: FastifyPluginAsyncTypebox<RuleRoutesOptions> = async (app, { rules }) => {
  app.post(
    '/rules/:ruleId/run',
    {
      config: { ...writing, rateLimit: { max: 30, timeWindow: 60_000 } },
      schema: {
        summary: 'Run it once, now, in its mode',
        tags,
        params: Params,
        body: Type.Object({}, strict),
        response: { 200: RuleRun, ...ERROR_REPLIES },
      },
    },
    async (request) => rules.run(request.params.ruleId, actorOf(request)),
  )

  app.post(
    '/rules/:ruleId/enforce',
    {
      config: { access: 'rules.enforce', scope },
      schema: {
        summary: 'Let it act from now on',
        tags,
        params: Params,
        body: EnforceRequest,
        response: { 200: Rule, ...ERROR_REPLIES },
      },
    },
    async (request) => rules.enforce(request.params.ruleId, request.body, actorOf(request)),
  )

  for (const deed of ['report', 'pause'] as const) {
    app.post(
      `/rules/:ruleId/${deed}`,
      {
        config: writing,
        schema: {
          summary: deed === 'pause' ? 'Stop it altogether' : 'Let it act no more, only report',
          tags,
          params: Params,
          body: RuleReasonRequest,
          response: { 200: Rule, ...ERROR_REPLIES },
        },
      },
      async (request) => {
        const { ruleId } = request.params as { ruleId: number }
        const { reason } = request.body as RuleReasonRequest
        return rules[deed](ruleId, reason, actorOf(request))
      },
    )
  }
}
