/** `/api/v1/machines/:machineId/quarantine`: what a machine keeps of removed streams, asked of it now. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { MachineId } from '../../protocol/ids.ts'
import { QuarantinePage, QuarantineQuery } from '../../protocol/quarantine.ts'
import type { MachineService } from '../machines/machine-service.ts'
import { ERROR_REPLIES } from './error-replies.ts'

const strict = { additionalProperties: false } as const

export const quarantineRoutes: FastifyPluginAsyncTypebox<{ machines: MachineService }> = async (
  app,
  { machines },
) => {
  app.get(
    '/machines/:machineId/quarantine',
    {
      config: { access: 'machines.ask', scope: 'machine' },
      schema: {
        summary: 'What a machine keeps of removed streams, newest first, without their bytes',
        tags: ['machines'],
        params: Type.Object({ machineId: MachineId }, strict),
        querystring: QuarantineQuery,
        response: { 200: QuarantinePage, ...ERROR_REPLIES },
      },
    },
    async ({ params, query }) => machines.quarantine(params.machineId, query),
  )
}
