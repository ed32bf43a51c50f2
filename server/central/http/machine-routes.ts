/** `/api/v1/machines` */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ScanStarted } from '../../protocol/agent-api.ts'
import { type Machine, MachineDetail, MachinePage } from '../../protocol/api/machines.ts'
import { Label } from '../../protocol/ask.ts'
import { MachineId } from '../../protocol/ids.ts'
import type { MachineService } from '../machines/machine-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { type Columns, ExportFormat, sendExport } from './export-formats.ts'
import { PageQuery } from './paging.ts'

const strict = { additionalProperties: false } as const
const Params = Type.Object({ machineId: MachineId }, strict)
const Filter = {
  retired: Type.Boolean({ default: false, description: 'Also those that are retired' }),
  label: Type.Optional(Label),
}

const COLUMNS: Columns<Machine> = {
  machineId: (row) => row.machineId,
  hostname: (row) => row.hostname,
  platform: (row) => row.platform,
  agentVersion: (row) => row.agentVersion,
  isOnline: (row) => row.isOnline,
  isStale: (row) => row.isStale,
  retiredAt: (row) => row.retiredAt,
  labels: (row) => row.labels.join(' '),
  enrolledAt: (row) => row.enrolledAt,
  lastSeenAt: (row) => row.lastSeenAt,
  streamCount: (row) => row.streamCount,
  markCount: (row) => row.markCount,
  suspiciousCount: (row) => row.suspiciousCount,
  lastScanState: (row) => row.lastScanState,
  lastScanAt: (row) => row.lastScanAt,
  unreadableCount: (row) => row.unreadableCount,
}

export const machineRoutes: FastifyPluginAsyncTypebox<{ machines: MachineService }> = async (
  app,
  { machines },
) => {
  app.get(
    '/machines',
    {
      config: { access: 'inventory.read', scope: 'filtered' },
      schema: {
        summary: 'The machines of the fleet, by hostname',
        tags: ['machines'],
        querystring: Type.Object({ ...Filter, ...PageQuery }, strict),
        response: { 200: MachinePage, ...ERROR_REPLIES },
      },
    },
    async ({ query: { retired, label, ...page }, machineScope: scope }) =>
      machines.page(page, { label, withRetired: retired, scope }),
  )

  app.get(
    '/machines/export',
    {
      config: { access: 'inventory.read', scope: 'filtered' },
      schema: {
        summary: 'All machines, one a line',
        tags: ['machines'],
        querystring: Type.Object({ ...Filter, format: ExportFormat }, strict),
      },
    },
    async ({ query: { retired, label, format }, machineScope: scope }, reply) => {
      const pages = machines.export({ label, withRetired: retired, scope })
      return sendExport(reply, 'machines', format, COLUMNS, pages)
    },
  )

  app.get(
    '/machines/:machineId',
    {
      config: { access: 'inventory.read', scope: 'machine' },
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
      config: { access: 'machines.ask', scope: 'machine' },
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
