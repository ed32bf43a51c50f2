/** Labels, retirement, copies and coverage of machines. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  type CoverageGap,
  CoveragePage,
  LabelRule,
  LabelRules,
  MachineClones,
  MachineLabels,
  NewLabelRule,
  RetireRequest,
  SetLabels,
} from '../../protocol/api/machine-care.ts'
import { MachineId } from '../../protocol/ids.ts'
import type { AdmissionService } from '../machines/admission-service.ts'
import type { CoverageService } from '../machines/coverage-service.ts'
import type { LabelService } from '../machines/label-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'
import { type Columns, ExportFormat, sendExport } from './export-formats.ts'
import { PageQuery } from './paging.ts'

const strict = { additionalProperties: false } as const
const reading = { access: 'inventory.read' } as const
const writing = { access: 'machines.manage' } as const
const ofMachine = { scope: 'machine' } as const
const filtered = { ...reading, scope: 'filtered' } as const
/** Labels say who is for a machine: nobody gives himself more of them. */
const labelling = { ...writing, scope: 'unscoped-only' } as const
const tags = ['machines']
const Params = Type.Object({ machineId: MachineId }, strict)
const Done = Type.Null()

const GAP_COLUMNS: Columns<CoverageGap> = {
  machineId: (row) => row.machineId,
  hostname: (row) => row.hostname,
  kinds: (row) => row.kinds.join(' '),
  lastSeenAt: (row) => row.lastSeenAt,
  lastScanAt: (row) => row.lastScanAt,
  unreadableCount: (row) => row.unreadableCount,
  unreadable: (row) => row.unreadable.map(({ path }) => path).join('|'),
  unwritableRoots: (row) => row.unwritableRoots.join('|'),
  message: (row) => row.message,
}

export interface MachineCareRoutesOptions {
  labels: LabelService
  admission: AdmissionService
  coverage: CoverageService
}

export const machineCareRoutes: FastifyPluginAsyncTypebox<MachineCareRoutesOptions> = async (
  app,
  options,
) => {
  await app.register(labelRoutes, options)
  await app.register(serviceRoutes, options)
  await app.register(coverageRoutes, options)
}

const labelRoutes: FastifyPluginAsyncTypebox<MachineCareRoutesOptions> = async (
  app,
  { labels },
) => {
  app.get(
    '/machines/:machineId/labels',
    {
      config: { ...reading, ...ofMachine },
      schema: {
        summary: 'Labels of a machine, and who gave them',
        tags,
        params: Params,
        response: { 200: MachineLabels, ...ERROR_REPLIES },
      },
    },
    async ({ params }) => labels.get(params.machineId),
  )

  app.put(
    '/machines/:machineId/labels',
    {
      config: labelling,
      schema: {
        summary: 'Give a machine exactly these labels, besides those of rules',
        tags,
        params: Params,
        body: SetLabels,
        response: { 200: MachineLabels, ...ERROR_REPLIES },
      },
    },
    async (request) => labels.set(request.params.machineId, request.body.labels, actorOf(request)),
  )

  app.get(
    '/label-rules',
    {
      config: { ...reading, scope: 'unscoped-only' },
      schema: {
        summary: 'Rules that label machines by what their agents say',
        tags,
        response: { 200: LabelRules, ...ERROR_REPLIES },
      },
    },
    async () => labels.listRules(),
  )

  app.post(
    '/label-rules',
    {
      config: labelling,
      schema: {
        summary: 'Label machines by what their agents say, now and from now on',
        tags,
        body: NewLabelRule,
        response: { 201: LabelRule, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => reply.code(201).send(labels.addRule(request.body, actorOf(request))),
  )

  app.delete(
    '/label-rules/:ruleNo',
    {
      config: labelling,
      schema: {
        summary: 'Take a rule and the labels that it gave away',
        tags,
        params: Type.Object({ ruleNo: Type.Integer({ minimum: 1 }) }, strict),
        response: { 204: Done, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      labels.removeRule(request.params.ruleNo, actorOf(request))
      return reply.code(204).send(null)
    },
  )
}

const serviceRoutes: FastifyPluginAsyncTypebox<MachineCareRoutesOptions> = async (
  app,
  { admission },
) => {
  app.post(
    '/machines/:machineId/retire',
    {
      config: { ...writing, ...ofMachine },
      schema: {
        summary: 'Hide a machine and refuse its connection; nothing is deleted',
        tags,
        params: Params,
        body: RetireRequest,
        response: { 204: Done, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      admission.retire(request.params.machineId, request.body.reason, actorOf(request))
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/machines/:machineId/return',
    {
      config: { ...writing, ...ofMachine },
      schema: {
        summary: 'Take a retired machine into service again',
        tags,
        params: Params,
        body: Type.Object({}, strict),
        response: { 204: Done, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      admission.return(request.params.machineId, actorOf(request))
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/machine-clones',
    {
      config: filtered,
      schema: {
        summary: 'Machines that connected with the key of another one, newest first',
        tags,
        response: { 200: MachineClones, ...ERROR_REPLIES },
      },
    },
    async ({ machineScope }) => admission.clones(machineScope),
  )
}

const coverageRoutes: FastifyPluginAsyncTypebox<MachineCareRoutesOptions> = async (
  app,
  { coverage },
) => {
  app.get(
    '/coverage',
    {
      config: filtered,
      schema: {
        summary: 'What was not looked at, and why',
        tags,
        querystring: Type.Object(PageQuery, strict),
        response: { 200: CoveragePage, ...ERROR_REPLIES },
      },
    },
    async ({ query, machineScope }) => coverage.page(query, machineScope),
  )

  app.get(
    '/coverage/export',
    {
      config: filtered,
      schema: {
        summary: 'Every machine with a gap, one a line',
        tags,
        querystring: Type.Object({ format: ExportFormat }, strict),
      },
    },
    async ({ query, machineScope }, reply) =>
      sendExport(reply, 'coverage', query.format, GAP_COLUMNS, coverage.export(machineScope)),
  )
}
