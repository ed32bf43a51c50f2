/** Which machines are let in, and with which key. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  PendingApproval,
  PendingApproved,
  PendingMachines,
  RevokeRequest,
} from '../../protocol/api/machine-trust.ts'
import { MachineId } from '../../protocol/ids.ts'
import type { PendingService } from '../enrolment/pending-service.ts'
import type { KeyService } from '../machines/key-service.ts'
import { actorOf } from './access.ts'
import { ERROR_REPLIES } from './error-replies.ts'

const strict = { additionalProperties: false } as const
const letting = { access: 'enrolments.create', scope: 'unscoped-only' } as const
const managing = { access: 'machines.manage', scope: 'unscoped-only' } as const
const tags = ['machines']
const PendingParams = Type.Object({ pendingNo: Type.Integer({ minimum: 1 }) }, strict)
const MachineParams = Type.Object({ machineId: MachineId }, strict)
const Nothing = Type.Object({}, strict)
const Done = Type.Null()

export interface MachineTrustRoutesOptions {
  pending: PendingService
  keys: KeyService
}

export const machineTrustRoutes: FastifyPluginAsyncTypebox<MachineTrustRoutesOptions> = async (
  app,
  options,
) => {
  await app.register(pendingRoutes, options)
  await app.register(keyRoutes, options)
}

const pendingRoutes: FastifyPluginAsyncTypebox<MachineTrustRoutesOptions> = async (
  app,
  { pending },
) => {
  app.get(
    '/machines/pending',
    {
      config: letting,
      schema: {
        summary: 'Machines that asked to be let in',
        tags,
        response: { 200: PendingMachines, ...ERROR_REPLIES },
      },
    },
    async () => pending.list(),
  )

  app.post(
    '/machines/pending/:pendingNo/approve',
    {
      config: letting,
      schema: {
        summary: 'Let a machine in, as a new one or as one that is known and gets its key',
        tags,
        params: PendingParams,
        body: PendingApproval,
        response: { 200: PendingApproved, ...ERROR_REPLIES },
      },
    },
    async (request) =>
      pending.approve(request.params.pendingNo, request.body.machineId, actorOf(request)),
  )

  app.post(
    '/machines/pending/:pendingNo/deny',
    {
      config: letting,
      schema: {
        summary: 'Refuse a machine, now and whenever it asks with this key',
        tags,
        params: PendingParams,
        body: Nothing,
        response: { 204: Done, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      pending.deny(request.params.pendingNo, actorOf(request))
      return reply.code(204).send(null)
    },
  )
}

const keyRoutes: FastifyPluginAsyncTypebox<MachineTrustRoutesOptions> = async (app, { keys }) => {
  app.post(
    '/machines/:machineId/revoke',
    {
      config: managing,
      schema: {
        summary:
          'End a machine’s key and its connection; it may enrol anew and is the same machine then',
        tags,
        params: MachineParams,
        body: RevokeRequest,
        response: { 204: Done, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      keys.revoke(request.params.machineId, request.body.reason, actorOf(request))
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/machines/:machineId/rotate-key',
    {
      config: managing,
      schema: {
        summary: 'Have a machine make itself a new key',
        tags,
        params: MachineParams,
        body: Nothing,
        response: { 204: Done, ...ERROR_REPLIES },
      },
    },
    async (request, reply) => {
      await keys.rotate(request.params.machineId, actorOf(request))
      return reply.code(204).send(null)
    },
  )
}
