/** `/api/v1/enrolments`: tokens with which machines join. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Enrolment, EnrolmentList, EnrolmentRequest } from '../../protocol/api/enrolments.ts'
import type { EnrolmentService } from '../enrolment/enrolment-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

const config = { access: 'enrolments.create', scope: 'unscoped-only' } as const
const tags = ['enrolments']

export const enrolmentRoutes: FastifyPluginAsyncTypebox<{ enrolment: EnrolmentService }> = async (
  app,
  { enrolment },
) => {
  app.post(
    '/enrolments',
    {
      config,
      schema: {
        summary: 'A new enrolment token; shown this once',
        tags,
        body: EnrolmentRequest,
        response: { 201: Enrolment, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      reply.code(201).header('cache-control', 'no-store')
      const askedAt = `${request.protocol}://${request.host}`
      return enrolment.createToken(request.body, askedAt, actorOf(request))
    },
  )

  app.get(
    '/enrolments',
    {
      config,
      schema: {
        summary: 'Enrolment tokens, without the tokens, and how often each was used',
        tags,
        response: { 200: EnrolmentList, ...ERROR_REPLIES },
      },
    },
    async () => enrolment.list(),
  )

  app.delete(
    '/enrolments/:enrolmentNo',
    {
      config,
      schema: {
        summary: 'End an enrolment token; machines that enrolled with it stay',
        tags,
        params: Type.Object(
          { enrolmentNo: Type.Integer({ minimum: 1 }) },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null(), ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      enrolment.revoke(request.params.enrolmentNo, actorOf(request))
      return reply.code(204).send(null)
    },
  )
}
