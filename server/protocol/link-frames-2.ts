/**
 * What was different in protocol 2. Agents of it are served still; everything that is not here is as in
 * link-frames.ts. Nothing in this file changes any more.
 */
import { type Static, Type } from 'typebox'
import { MachineId } from './ids.ts'
import { Epoch, MachineFacts, Signature, type Welcome } from './link-frames.ts'

/** Bound to the nonce alone, not to the TLS session. */
export const Hello2 = Type.Object(
  {
    type: Type.Literal('hello'),
    protocol: Type.Literal(2),
    machineId: MachineId,
    signature: Signature,
    facts: MachineFacts,
    epoch: Epoch,
    isScanDue: Type.Boolean(),
  },
  { additionalProperties: false },
)
export type Hello2 = Static<typeof Hello2>

export type Welcome2 = Omit<Welcome, 'protocol'> & { readonly protocol: 2 }
