/** The codes of a second factor: TOTP as every app makes it (RFC 6238: SHA-1, six digits, 30 seconds), and recovery codes. */
import { randomInt } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { hashSecret } from './secrets.ts'

export const SECRET_BYTES = 20
const PERIOD_SECONDS = 30
/** Steps before and after: clocks differ, and people type. */
const WINDOW = 1
const ISSUER = 'Sidestream'

const RECOVERY_CODES = 10
/** As in readable-password.ts: 15 of these are about 74 bits, too many to try against a hash. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'
const GROUPS = 3
const GROUP_LETTERS = 5

/** For an app: what people type, and what a link gives. */
export function describeSecret(secret: Buffer, username: string): { secret: string; uri: string } {
  const totp = new TOTP({ issuer: ISSUER, label: username, secret: toSecret(secret) })
  return { secret: totp.secret.base32, uri: totp.toString() }
}

/** The step that the code is of, if it is right now; null if it is not. */
export function stepOf(secret: Buffer, code: string, now: number): number | null {
  const timestamp = now
  const delta = TOTP.validate({ token: code, secret: toSecret(secret), timestamp, window: WINDOW })
  return delta === null ? null : TOTP.counter({ period: PERIOD_SECONDS, timestamp }) + delta
}

export function newRecoveryCodes(): string[] {
  const group = (): string =>
    Array.from({ length: GROUP_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return Array.from({ length: RECOVERY_CODES }, () =>
    Array.from({ length: GROUPS }, group).join('-'),
  )
}

export function hashRecoveryCode(code: string): Buffer {
  return hashSecret(`recovery ${normalised(code)}`)
}

/** Without what people put in to read it. */
export function normalised(code: string): string {
  return code.replace(/[\s-]/g, '').toLowerCase()
}

function toSecret(secret: Buffer): Secret {
  return new Secret({ buffer: new Uint8Array(secret).buffer })
}
