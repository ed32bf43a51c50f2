/** `/api/v1/enrolments`: tokens with which agents enrol. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Enrolment, EnrolmentRequest } from '../../protocol/api/enrolments.ts'
import type { EnrolmentService } from '../enrolment/enrolment-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

export const enrolmentRoutes: FastifyPluginAsyncTypebox<{ enrolment: EnrolmentService }> = async (
  app,
  { enrolment },
) => {
  app.post(
    '/enrolments',
    {
      config: { access: 'enrolments.create' },
      schema: {
        summary: 'A new enrolment token; shown this once',
        tags: ['enrolments'],
        body: EnrolmentRequest,
        response: { 201: Enrolment, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      reply.code(201).header('cache-control', 'no-store')
      return enrolment.createToken(request.body, actorOf(request))
    },
  )
}
