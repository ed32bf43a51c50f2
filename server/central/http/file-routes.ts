/** `/api/v1/files` and the comparison of two machines. Read-only; a live question changes nothing either. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  ComparePage,
  Explanation,
  FilePage,
  FileQuestion,
  type MachineFile,
} from '../../protocol/api/files.ts'
import { MachineId } from '../../protocol/ids.ts'
import type { CompareService } from '../files/compare-service.ts'
import type { ExplainStream } from '../files/explain-stream.ts'
import type { FileService } from '../files/file-service.ts'
import { actorOf, requirePermission } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { type Columns, ExportFormat, sendExport } from './export-formats.ts'
import { PageQuery } from './paging.ts'

const strict = { additionalProperties: false } as const
/** A page may ask as many machines. */
const config = {
  access: 'inventory.read',
  scope: 'filtered',
  rateLimit: { max: 120, timeWindow: 60_000 },
} as const
const tags = ['files']

const COLUMNS: Columns<MachineFile> = {
  machineId: (row) => row.machineId,
  hostname: (row) => row.hostname,
  isOnline: (row) => row.isOnline,
  state: (row) => row.state,
  reason: (row) => row.reason,
  message: (row) => row.message,
  // `|` cannot be part of a Windows name.
  paths: (row) => row.places.map(({ path, state }) => `${path} ${state}`).join('|'),
}

export interface FileRoutesOptions {
  files: FileService
  compare: CompareService
  explainStream: ExplainStream
}

export const fileRoutes: FastifyPluginAsyncTypebox<FileRoutesOptions> = async (
  app,
  { files, compare, explainStream },
) => {
  app.get(
    '/files',
    {
      config,
      schema: {
        summary: 'Where a file is marked, unmarked, absent or unknown: every machine',
        tags,
        querystring: Type.Object({ ...FileQuestion, ...PageQuery }, strict),
        response: { 200: FilePage, ...ERROR_REPLIES },
      },
    },
    async (request) => {
      const { cursor, limit, ...search } = request.query
      if (search.live) requirePermission(request, 'machines.ask')
      return files.find(search, { cursor, limit }, actorOf(request), request.machineScope)
    },
  )

  app.get(
    '/files/export',
    {
      config,
      schema: {
        summary: 'The same of every machine, one a line',
        tags,
        querystring: Type.Object({ ...FileQuestion, format: ExportFormat }, strict),
      },
    },
    async (request, reply) => {
      const { format, ...search } = request.query
      if (search.live) requirePermission(request, 'machines.ask')
      const pages = await files.export(search, actorOf(request), request.machineScope)
      return sendExport(reply, 'files', format, COLUMNS, pages)
    },
  )

  app.get(
    '/files/explain',
    {
      config,
      schema: {
        summary: 'What Windows does with a carrier because of its mark, and why',
        description:
          'With live=true by the policies that its machine reports now; needs machines.ask',
        tags,
        querystring: Type.Object(
          { streamId: Type.Integer({ minimum: 1 }), live: Type.Boolean({ default: false }) },
          strict,
        ),
        response: { 200: Explanation, ...ERROR_REPLIES },
      },
    },
    async (request) => {
      const { streamId, live } = request.query
      if (live) requirePermission(request, 'machines.ask')
      return explainStream(streamId, request.machineScope, { isLive: live })
    },
  )

  app.get(
    '/machines/compare',
    {
      config,
      schema: {
        summary: 'Streams that one machine has and another has not, by path',
        tags,
        querystring: Type.Object({ a: MachineId, b: MachineId, ...PageQuery }, strict),
        response: { 200: ComparePage, ...ERROR_REPLIES },
      },
    },
    async ({ query: { a, b, ...page }, machineScope }) => compare.compare(a, b, page, machineScope),
  )
}
