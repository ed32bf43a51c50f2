/** Whether a hello comes from the machine that it names, over this very connection. */
import { createPublicKey, verify } from 'node:crypto'
import type { CloseName } from '../../protocol/close-codes.ts'
import type { MachineId } from '../../protocol/ids.ts'
import {
  helloText,
  type MachineFacts,
  type NextKey,
  nextKeyText,
} from '../../protocol/link-frames.ts'
import { parsePublicKey } from '../enrolment/public-key.ts'

/** What of a hello, in whatever protocol, decides. */
export interface CheckedHello {
  readonly machineId: MachineId
  readonly protocol: number
  readonly signature: string
  readonly binding?: string | null
  readonly nextKey?: NextKey | null
  readonly facts: MachineFacts
}

/** The connection's own: nothing that was overheard on another one fits. */
export interface HelloContext {
  readonly nonce: string
  /** Null: no TLS of ours, so that a proxy before us may have ended it. */
  readonly binding: string | null
}

/** Null: it is, and the machine's next key, if it brought one, is its key now. Else how to close. */
export type HelloCheck = (context: HelloContext, hello: CheckedHello) => CloseName | null

export interface HelloCheckParts {
  findPublicKey(machineId: MachineId): Buffer | undefined
  isRevoked(machineId: MachineId): boolean
  /** False: that key is another machine's. */
  adopt(machineId: MachineId, nextKey: NextKey): boolean
}

/** `refusal`: why the machine is not welcome although its key is good, asked before anything changes. */
export function createHelloCheck({
  findPublicKey,
  isRevoked,
  adopt,
}: HelloCheckParts): (
  context: HelloContext,
  hello: CheckedHello,
  refusal: () => CloseName | null,
) => CloseName | null {
  return ({ nonce, binding }, hello, refusal) => {
    const { machineId, protocol } = hello
    const key = findPublicKey(machineId)
    if (key === undefined) return 'unknownMachine'
    if (!isSignedBy(key, helloText(nonce, machineId, hello), hello.signature)) return 'badSignature'
    // Only after the signature: the key of a machine is told nothing that a stranger could ask for.
    if (isRevoked(machineId)) return 'revoked'
    if (protocol >= 3 && binding !== null && hello.binding !== binding) return 'relayed'
    if (!isNextKeyGood(nonce, hello)) return 'badSignature'
    const refused = refusal()
    if (refused !== null) return refused
    const isAdopted = hello.nextKey == null || adopt(machineId, hello.nextKey)
    return isAdopted ? null : 'badSignature'
  }
}

function isNextKeyGood(nonce: string, { machineId, nextKey }: CheckedHello): boolean {
  if (nextKey === undefined || nextKey === null) return true
  const key = parsePublicKey(nextKey.publicKey)
  if (key === null) return false
  return isSignedBy(key, nextKeyText(nonce, machineId, nextKey.publicKey), nextKey.signature)
}

function isSignedBy(der: Buffer, text: string, signature: string): boolean {
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
}
