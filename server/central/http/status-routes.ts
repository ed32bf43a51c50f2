/** `/api/v1/status`: what is wrong with central itself, for people who use the console. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CentralStatus } from '../../protocol/api/status.ts'
import { ERROR_REPLIES } from './error-replies.ts'

export const statusRoutes: FastifyPluginAsyncTypebox<{ status: () => CentralStatus }> = async (
  app,
  { status },
) => {
  app.get(
    '/status',
    {
      config: { access: 'inventory.read' },
      schema: {
        summary: 'Whether central can store what agents report',
        tags: ['status'],
        response: { 200: CentralStatus, ...ERROR_REPLIES },
      },
    },
    async () => status(),
  )
}
