/** `/api/v1/status` and `/api/v1/settings`: central itself, for people who use the console. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CentralSettings } from '../../protocol/api/settings.ts'
import { CentralStatus } from '../../protocol/api/status.ts'
import { ERROR_REPLIES } from './error-replies.ts'

export interface StatusRoutesOptions {
  status: () => CentralStatus
  settings: CentralSettings
}

export const statusRoutes: FastifyPluginAsyncTypebox<StatusRoutesOptions> = async (
  app,
  { status, settings },
) => {
  app.get(
    '/status',
    {
      config: { access: 'inventory.read', scope: 'none' },
      schema: {
        summary: 'Whether central can store what agents report',
        tags: ['status'],
        response: { 200: CentralStatus, ...ERROR_REPLIES },
      },
    },
    async () => status(),
  )

  app.get(
    '/settings',
    {
      config: { access: 'settings.manage', scope: 'unscoped-only' },
      schema: {
        summary: 'How central was started',
        tags: ['status'],
        response: { 200: CentralSettings, ...ERROR_REPLIES },
      },
    },
    async () => settings,
  )
}
