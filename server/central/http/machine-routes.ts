/** `/api/v1/machines` */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ScanStarted } from '../../protocol/agent-api.ts'
import { MachineDetail, MachinePage } from '../../protocol/api/machines.ts'
import { MachineId } from '../../protocol/ids.ts'
import type { MachineService } from '../machines/machine-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { PageQuery } from './paging.ts'

const strict = { additionalProperties: false } as const
const Params = Type.Object({ machineId: MachineId }, strict)

export const machineRoutes: FastifyPluginAsyncTypebox<{ machines: MachineService }> = async (
  app,
  { machines },
) => {
  app.get(
    '/machines',
    {
      config: { access: 'inventory.read' },
      schema: {
        summary: 'The machines of the fleet, by hostname',
        tags: ['machines'],
        querystring: Type.Object(PageQuery, strict),
        response: { 200: MachinePage, ...ERROR_REPLIES },
      },
    },
    async ({ query }) => machines.page(query),
  )

  app.get(
    '/machines/:machineId',
    {
      config: { access: 'inventory.read' },
      schema: {
        summary: 'One machine, with its last scan and the one that is running',
        tags: ['machines'],
        params: Params,
        response: { 200: MachineDetail, ...ERROR_REPLIES },
      },
    },
    async ({ params }) => machines.detail(params.machineId),
  )

  app.post(
    '/machines/:machineId/scan',
    {
      config: { access: 'machines.ask' },
      schema: {
        summary: 'Have a machine scan now',
        tags: ['machines'],
        params: Params,
        body: Type.Object({}, strict),
        response: { 200: ScanStarted, ...ERROR_REPLIES },
      },
    },
    async (request) => machines.startScan(request.params.machineId, actorOf(request)),
  )
}
