import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AgentStatus, ScanStarted } from '../../protocol/agent-api.ts'
import type { ScanRunner } from '../scan/scan-runner.ts'

export interface ScanRoutesOptions {
  readonly status: () => AgentStatus
  readonly scanRunner: ScanRunner
}

/** What the agent is doing, and the request to look now. */
export const scanRoutes: FastifyPluginAsyncTypebox<ScanRoutesOptions> = async (
  app,
  { status, scanRunner },
) => {
  app.get('/status', { schema: { response: { 200: AgentStatus } } }, async () => status())

  app.post(
    '/scan',
    {
      schema: {
        body: Type.Object({}, { additionalProperties: false }),
        response: { 200: ScanStarted },
      },
    },
    async () => scanRunner.start('at-once'),
  )
}
