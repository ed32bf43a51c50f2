/** Whether a hello comes from the machine that it names. */
import { createPublicKey, verify } from 'node:crypto'
import type { Static } from 'typebox'
import type { CLOSE_CODES } from '../../protocol/close-codes.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { type Hello, helloText } from '../../protocol/link-frames.ts'
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../protocol/version.ts'

/** Null: it is. Else how to close. */
export type HelloCheck = (
  nonce: string,
  hello: Static<typeof Hello>,
) => keyof typeof CLOSE_CODES | null

export function createHelloCheck(
  findPublicKey: (machineId: MachineId) => Buffer | undefined,
): HelloCheck {
  return (nonce, { machineId, protocol, signature }) => {
    if (protocol < OLDEST_PROTOCOL_VERSION || protocol > PROTOCOL_VERSION)
      return 'unsupportedProtocol'
    const der = findPublicKey(machineId)
    if (der === undefined) return 'unknownMachine'
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    // The nonce is this connection's own: a hello overheard elsewhere does not fit.
    const text = Buffer.from(helloText(nonce, machineId, protocol))
    return verify(null, text, key, Buffer.from(signature, 'base64')) ? null : 'badSignature'
  }
}
