/** `/agent/v1`: where agents connect, and where they enrol. Open to strangers; each checks for itself. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EnrolReply, EnrolRequest } from '../../protocol/enrolment.ts'
import { bindingOf } from '../../shared/tls-binding.ts'
import type { EnrolmentService } from '../enrolment/enrolment-service.ts'
import { ERROR_REPLIES } from '../http/error-replies.ts'
import { AgentConnection } from './agent-connection.ts'
import { greet } from './greeting.ts'
import type { LinkParts } from './link-parts.ts'

export interface AgentRoutesOptions {
  link: LinkParts
  enrolment: EnrolmentService
}

export const agentRoutes: FastifyPluginAsyncTypebox<AgentRoutesOptions> = async (
  app,
  { link, enrolment },
) => {
  app.get(
    '/agent/v1',
    {
      websocket: true,
      config: { access: 'public', scope: 'none' },
      // Before the socket is one: a refusal here costs next to nothing.
      preValidation: async (_request, reply) => {
        const seconds = link.admission.refusal()
        if (seconds === null) return
        const message = `too many agents at once; come back in ${seconds} s`
        // Not thrown: as an error of ours it would be logged, thousands of times while a fleet comes back.
        const refusal = { code: 'CENTRAL_BUSY', message }
        await reply.code(503).header('retry-after', String(seconds)).send(refusal)
      },
    },
    (socket, request) => {
      socket.on('error', (error: Error) =>
        link.logger.debug({ err: error }, 'an agent socket failed'),
      )
      const admitted = link.admission.begin()
      socket.once('close', admitted.over)
      greet(socket, bindingOf(request.socket), link, (hello) => {
        admitted.spoke()
        new AgentConnection(socket, hello, link, admitted.over)
      })
    },
  )

  app.post(
    '/agent/v1/enrol',
    {
      config: {
        access: 'public',
        scope: 'none',
        // A fleet that gets its agents on one morning may come from behind one address; a flood of refusals may
        // not fill the audit log.
        rateLimit: { max: 3_000, timeWindow: 60_000 },
      },
      schema: {
        summary: 'An agent shows a one-time token and its public key',
        tags: ['agents'],
        body: EnrolRequest,
        response: { 200: EnrolReply, ...ERROR_REPLIES },
      },
    },
    async ({ body, ip }) => enrolment.enrol(body, ip),
  )
}
