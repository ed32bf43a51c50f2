/** `/agent/v1`: where agents connect, and where they enrol. Open to strangers; each checks for itself. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EnrolReply, EnrolRequest } from '../../protocol/enrolment.ts'
import type { EnrolmentService } from '../enrolment/enrolment-service.ts'
import { ERROR_REPLIES } from '../http/error-replies.ts'
import { acceptAgent, type LinkParts } from './agent-connection.ts'

export interface AgentRoutesOptions {
  link: LinkParts
  enrolment: EnrolmentService
}

export const agentRoutes: FastifyPluginAsyncTypebox<AgentRoutesOptions> = async (
  app,
  { link, enrolment },
) => {
  app.get('/agent/v1', { websocket: true, config: { access: 'public' } }, (socket) =>
    acceptAgent(socket, link),
  )

  app.post(
    '/agent/v1/enrol',
    {
      config: {
        access: 'public',
        // A whole site may enrol from behind one address at once; a flood of refusals may not fill the audit log.
        rateLimit: { max: 600, timeWindow: 60_000 },
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
