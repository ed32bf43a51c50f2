/**
 * Who this machine is to its central, and whom it takes for it: the one owner of `identity.json` while an agent runs.
 * Everything that changes is on disk before it is used.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { type NextKey, nextKeyText } from '../../protocol/link-frames.ts'
import type { Identity } from '../config.ts'

export interface KeyPair {
  /** PKCS #8 PEM. */
  readonly privateKey: string
  /** SPKI DER, base64. */
  readonly publicKey: string
}

export class MachineIdentity {
  #identity: Identity
  /** Of the PEM beside it, which takes longer to read than a signature to make. */
  #parsed: { pem: string; key: KeyObject } | null = null
  readonly #save: (identity: Identity) => void

  constructor(identity: Identity, save: (identity: Identity) => void) {
    this.#identity = identity
    this.#save = save
  }

  get machineId(): Identity['machineId'] {
    return this.#identity.machineId
  }

  get centralUrl(): string {
    return this.#identity.centralUrl
  }

  get pins(): readonly string[] {
    return this.#identity.pins ?? []
  }

  /** SHA-256 of the public key, as people compare it. */
  get keyFingerprint(): string {
    const der = createPublicKey(this.#key()).export({ type: 'spki', format: 'der' })
    return createHash('sha256').update(der).digest('hex')
  }

  get hasNextKey(): boolean {
    return this.#identity.nextPrivateKey !== undefined
  }

  /** Base64. */
  sign(text: string): string {
    return sign(null, Buffer.from(text), this.#key()).toString('base64')
  }

  /** What a hello says of the key to come; null where none is. */
  nextKey(nonce: string): NextKey | null {
    const { nextPrivateKey } = this.#identity
    if (nextPrivateKey === undefined) return null
    const key = createPrivateKey(nextPrivateKey)
    const publicKey = publicKeyOf(key)
    const text = Buffer.from(nextKeyText(nonce, this.machineId, publicKey))
    return { publicKey, signature: sign(null, text, key).toString('base64') }
  }

  /** The next hello brings a new key. One that was not welcomed yet stays. */
  makeNextKey(): void {
    if (this.hasNextKey) return
    this.#set({ ...this.#identity, nextPrivateKey: newKeyPair().privateKey })
  }

  /** Central knows the next key, and the one before no more. */
  useNextKey(): void {
    const { nextPrivateKey, ...rest } = this.#identity
    if (nextPrivateKey !== undefined) this.#set({ ...rest, privateKey: nextPrivateKey })
  }

  setPins(pins: readonly string[]): void {
    this.#set({ ...this.#identity, pins: [...pins] })
  }

  #key(): KeyObject {
    const pem = this.#identity.privateKey
    if (this.#parsed?.pem !== pem) this.#parsed = { pem, key: createPrivateKey(pem) }
    return this.#parsed.key
  }

  #set(identity: Identity): void {
    this.#save(identity)
    this.#identity = identity
  }
}

export function newKeyPair(): KeyPair {
  const { privateKey } = generateKeyPairSync('ed25519')
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicKey: publicKeyOf(privateKey),
  }
}

export function publicKeyOf(privateKey: KeyObject | string): string {
  const key = createPublicKey(privateKey as KeyObject)
  return key.export({ type: 'spki', format: 'der' }).toString('base64')
}
