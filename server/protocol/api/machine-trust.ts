/**
 * Who is let in, and with which key.
 *
 *   GET  /machines/pending                       PendingMachines: asked to be let in, the newest first
 *   POST /machines/pending/:pendingNo/approve    {machineId?} → PendingApproved; as that machine, or as a new one
 *   POST /machines/pending/:pendingNo/deny       {} → 204
 *   POST /machines/:machineId/revoke             {reason} → 204; its key is nothing any more; it may enrol anew
 *   POST /machines/:machineId/rotate-key         {} → 204; its agent makes a new one; 409 MACHINE_OFFLINE
 */
import { type Static, Type } from 'typebox'
import { MachineId, Timestamp } from '../ids.ts'
import { MachineFacts } from '../link-frames.ts'

const strict = { additionalProperties: false } as const

export const PendingMachine = Type.Object(
  {
    pendingNo: Type.Integer({ minimum: 1 }),
    /** Chosen by whoever asks. */
    facts: MachineFacts,
    remoteAddress: Type.String(),
    keyFingerprint: Type.String({
      description: 'SHA-256, as `agent status` on the machine shows it',
    }),
    hasToken: Type.Boolean(),
    looksLike: Type.Union([MachineId, Type.Null()], {
      description: 'The machine that it says to be, by its fingerprint; anybody could say so',
    }),
    firstAskedAt: Timestamp,
    lastAskedAt: Timestamp,
    askCount: Type.Integer({ minimum: 1 }),
  },
  strict,
)
export type PendingMachine = Static<typeof PendingMachine>

export const PendingMachines = Type.Object({ pending: Type.Array(PendingMachine) }, strict)
export type PendingMachines = Static<typeof PendingMachines>

export const PendingApproval = Type.Object({ machineId: Type.Optional(MachineId) }, strict)
export type PendingApproval = Static<typeof PendingApproval>

export const PendingApproved = Type.Object({ machineId: MachineId }, strict)
export type PendingApproved = Static<typeof PendingApproved>

export const RevokeRequest = Type.Object(
  { reason: Type.String({ minLength: 3, maxLength: 1_024 }) },
  strict,
)
export type RevokeRequest = Static<typeof RevokeRequest>
