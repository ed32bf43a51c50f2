import { type Static, Type } from 'typebox'
import { MachineId } from './ids.ts'
import { MachineFacts } from './link-frames.ts'

const strict = { additionalProperties: false } as const

/** SHA-256 of a certificate's SubjectPublicKeyInfo, in hex. */
export const Pin = Type.String({ pattern: '^[0-9a-f]{64}$' })

/** The current one, the one to come, and some room for a certificate that was brought. */
export const MAX_PINS = 8
export const Pins = Type.Array(Pin, { maxItems: MAX_PINS, uniqueItems: true })

const Token = Type.String({ minLength: 16, maxLength: 128 })

/**
 * `POST /agent/v1/enrol`: an agent shows its public key, and gets its machine id. Without a token, or with one that says so, it
 * waits until an administrator has approved it: 403 ENROLMENT_PENDING, and it asks again with the same key.
 */
export const EnrolRequest = Type.Object(
  {
    token: Type.Optional(Token),
    /** Ed25519, SPKI DER, base64. The private half never leaves the machine. */
    publicKey: Type.String({ minLength: 40, maxLength: 128 }),
    facts: MachineFacts,
  },
  strict,
)
export type EnrolRequest = Static<typeof EnrolRequest>

export const EnrolReply = Type.Object({ machineId: MachineId }, strict)
export type EnrolReply = Static<typeof EnrolReply>

/** What an enrolment string holds (shared/enrolment-string.ts). */
export const EnrolmentInvitation = Type.Object(
  {
    /** Where central is; the first one that answers is kept. */
    urls: Type.Array(Type.String({ pattern: '^https?://', maxLength: 512 }), {
      minItems: 1,
      maxItems: 8,
    }),
    /** None: the system's own roots decide, and only loopback goes without TLS. */
    pins: Pins,
    token: Type.Union([Token, Type.Null()]),
  },
  strict,
)
export type EnrolmentInvitation = Static<typeof EnrolmentInvitation>
