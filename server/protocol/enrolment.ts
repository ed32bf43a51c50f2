import { type Static, Type } from 'typebox'
import { MachineId } from './ids.ts'
import { MachineFacts } from './link-frames.ts'

/** `POST /agent/v1/enrol`: an agent shows a one-time token and its public key, and gets its machine id. */
export const EnrolRequest = Type.Object(
  {
    token: Type.String({ minLength: 16, maxLength: 128 }),
    /** Ed25519, SPKI DER, base64. The private half never leaves the machine. */
    publicKey: Type.String({ minLength: 40, maxLength: 128 }),
    facts: MachineFacts,
  },
  { additionalProperties: false },
)
export type EnrolRequest = Static<typeof EnrolRequest>

export const EnrolReply = Type.Object({ machineId: MachineId }, { additionalProperties: false })
export type EnrolReply = Static<typeof EnrolReply>
