/** Whether a hello comes from the machine that it names. */
import { createPublicKey, verify } from 'node:crypto'
import type { CloseName } from '../../protocol/close-codes.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { helloText, type MachineFacts } from '../../protocol/link-frames.ts'

/** What of a hello, in whatever protocol, decides. */
export interface CheckedHello {
  readonly machineId: MachineId
  readonly protocol: number
  readonly signature: string
  readonly facts: MachineFacts
}

/** Null: it is. Else how to close. */
export type HelloCheck = (nonce: string, hello: CheckedHello) => CloseName | null

export function createHelloCheck(
  findPublicKey: (machineId: MachineId) => Buffer | undefined,
): HelloCheck {
  return (nonce, { machineId, protocol, signature }) => {
    const der = findPublicKey(machineId)
    if (der === undefined) return 'unknownMachine'
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    // The nonce is this connection's own: a hello overheard elsewhere does not fit.
    const text = Buffer.from(helloText(nonce, machineId, protocol))
    return verify(null, text, key, Buffer.from(signature, 'base64')) ? null : 'badSignature'
  }
}
