/** `/api/v1/session/factor`: the second factor; and who has to have one. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  FactorCode,
  FactorEnrolment,
  FactorRoles,
  FactorState,
  RecoveryCodes,
} from '../../protocol/api/second-factor.ts'
import { Session } from '../../protocol/api/session.ts'
import { Username } from '../../protocol/api/users.ts'
import type { SecondFactorService } from '../accounts/second-factor-service.ts'
import { type AccessParts, actorOf, findSession, sessionOfRequest } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

export interface FactorRoutesOptions extends Pick<AccessParts, 'sessions' | 'tokens'> {
  factors: SecondFactorService
}

const strict = { additionalProperties: false } as const
const tags = ['session']
const rateLimit = { max: 20, timeWindow: 60_000 }
const halfWay = { access: 'half-way', scope: 'none', rateLimit } as const
const inPerson = { access: 'in-person', scope: 'none', rateLimit } as const
const managing = { access: 'users.manage', scope: 'unscoped-only' } as const
const nothing = { 204: Type.Null(), ...ERROR_REPLIES }

export const factorRoutes: FastifyPluginAsyncTypebox<FactorRoutesOptions> = async (
  app,
  { factors, ...access },
) => {
  app.get(
    '/session/factor',
    {
      config: { access: 'in-person', scope: 'none' },
      schema: {
        summary: 'Whether one has a second factor',
        tags,
        response: { 200: FactorState, ...ERROR_REPLIES },
      },
    },
    async (request) => factors.state(sessionOfRequest(request)),
  )

  app.post(
    '/session/factor',
    {
      config: halfWay,
      schema: {
        summary: 'Finish signing in',
        tags,
        body: FactorCode,
        response: { 200: Session, ...ERROR_REPLIES },
      },
    },
    async (request) => {
      factors.give(sessionOfRequest(request), request.body.code)
      return findSession(request, access)!
    },
  )

  app.post(
    '/session/factor/enrolment',
    {
      config: halfWay,
      schema: {
        summary: 'A new secret for an app; counts when it is confirmed',
        tags,
        body: Type.Object({}, strict),
        response: { 200: FactorEnrolment, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return factors.begin(sessionOfRequest(request))
    },
  )

  app.post(
    '/session/factor/confirmation',
    {
      config: halfWay,
      schema: {
        summary: 'Show by a code that the secret arrived; the recovery codes are shown this once',
        tags,
        body: FactorCode,
        response: { 200: RecoveryCodes, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return { recoveryCodes: factors.confirm(sessionOfRequest(request), request.body.code) }
    },
  )

  app.post(
    '/session/factor/removal',
    {
      config: inPerson,
      schema: { summary: 'Do without it', tags, body: FactorCode, response: nothing },
    },
    async (request, reply) => {
      factors.remove(sessionOfRequest(request), request.body.code)
      return reply.code(204).send(null)
    },
  )

  app.delete(
    '/users/:username/factor',
    {
      config: managing,
      schema: {
        summary: 'Take a lost second factor away; ends the user’s sessions',
        tags: ['users'],
        params: Type.Object({ username: Username }, strict),
        response: nothing,
      },
    },
    async (request, reply) => {
      factors.reset(request.params.username, actorOf(request))
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/factor-roles',
    {
      config: managing,
      schema: {
        summary: 'Which roles need a second factor',
        tags: ['users'],
        response: { 200: FactorRoles, ...ERROR_REPLIES },
      },
    },
    async () => ({ roles: factors.roles() }),
  )

  app.put(
    '/factor-roles',
    {
      config: managing,
      schema: {
        summary: 'Set which roles need one; ends the sessions of who has none',
        tags: ['users'],
        body: FactorRoles,
        response: { 200: FactorRoles, ...ERROR_REPLIES },
      },
    },
    async (request) => ({ roles: factors.setRoles(request.body.roles, sessionOfRequest(request)) }),
  )
}
