import { createPublicKey } from 'node:crypto'

/** Ed25519 in its one canonical form, so that the same key is always the same bytes. Null: it is no such key. */
export function parsePublicKey(base64: string): Buffer | null {
  try {
    const key = createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
    return key.asymmetricKeyType === 'ed25519' ? key.export({ format: 'der', type: 'spki' }) : null
  } catch {
    return null
  }
}
