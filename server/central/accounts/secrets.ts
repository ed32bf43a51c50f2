/** Random secrets that are shown once and kept only as their hash. */
import { createHash, randomBytes } from 'node:crypto'

/** 256 bits: nothing to guess, so a plain hash is enough to keep. */
const SECRET_BYTES = 32

export function newSecret(prefix = ''): string {
  return prefix + randomBytes(SECRET_BYTES).toString('base64url')
}

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
