/** How a machine becomes one of the fleet: a one-time token for a public key. */
import { createHash, createPublicKey, randomBytes, randomUUID } from 'node:crypto'
import type { Enrolment, EnrolmentRequest } from '../../protocol/api/enrolments.ts'
import type { EnrolReply, EnrolRequest } from '../../protocol/enrolment.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { Stores } from '../store/stores.ts'

/** 256 bits: nothing to guess, so a plain hash is enough to keep. */
const TOKEN_BYTES = 32

export interface EnrolmentService {
  createToken(request: EnrolmentRequest, actor: string): Enrolment
  enrol(request: EnrolRequest, remoteAddress: string): EnrolReply
}

export function createEnrolmentService(parts: {
  stores: Stores
  audit: AuditLog
  events: EventHub
  clock: Clock
}): EnrolmentService {
  const { stores, audit, events, clock } = parts

  return {
    createToken: ({ uses, validForSeconds }, actor) => {
      const token = randomBytes(TOKEN_BYTES).toString('base64url')
      const expiresAt = clock.now() + validForSeconds * 1000
      stores.write(() => {
        const enrolment = { tokenHash: hashToken(token), createdBy: actor, expiresAt, uses }
        stores.enrolments.add(enrolment, clock.now())
        audit.record(actor, 'enrolment.created', actor, { uses, validForSeconds })
      })
      return { token, uses, expiresAt: toTimestamp(expiresAt) }
    },

    enrol: ({ token, publicKey, facts }, remoteAddress) => {
      const key = parsePublicKey(publicKey)
      const details = { hostname: facts.hostname, platform: facts.platform, remoteAddress }
      const machineId = stores.write(() => {
        const admitted = admit(stores, hashToken(token), key, facts, clock.now())
        if (admitted === undefined) {
          audit.record(CENTRAL_ACTOR, 'machine.refused', facts.hostname, details)
        } else {
          audit.record(`machine:${admitted}`, 'machine.enrolled', admitted, details)
        }
        return admitted
      })
      if (machineId === undefined) {
        // One message for unknown, expired and used up: which it was is no business of a stranger.
        throw new AppError(
          'ENROLMENT_REFUSED',
          401,
          'this enrolment token is not valid (any more); ask for a new one',
        )
      }
      events.publish({ type: 'machine.changed', machineId })
      return { machineId }
    },
  }
}

/**
 * The machine id for a key, in the caller's transaction; undefined: the token does not admit it. A key that
 * enrolled before is the same machine. If it did so with this very token, then its agent lost our reply,
 * and asking again costs no further use.
 */
function admit(
  stores: Stores,
  tokenHash: Buffer,
  publicKey: Buffer,
  facts: EnrolRequest['facts'],
  now: number,
): MachineId | undefined {
  const known = stores.machines.findByPublicKey(publicKey)
  if (
    known !== undefined &&
    stores.enrolments.find(tokenHash, now)?.enrolmentNo === known.enrolmentNo
  ) {
    return known.machineId
  }
  const enrolment = stores.enrolments.use(tokenHash, now)
  if (enrolment === undefined) return undefined
  if (known !== undefined) return known.machineId
  const machineId = randomUUID() as string as MachineId
  stores.machines.add({ machineId, publicKey, enrolmentNo: enrolment.enrolmentNo, facts }, now)
  return machineId
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** The key in its one canonical form, so that the same key is always the same bytes. */
function parsePublicKey(base64: string): Buffer {
  try {
    const key = createPublicKey({
      key: Buffer.from(base64, 'base64'),
      format: 'der',
      type: 'spki',
    })
    if (key.asymmetricKeyType === 'ed25519') return key.export({ format: 'der', type: 'spki' })
  } catch {
    // What is no key at all is answered like a key of another kind.
  }
  throw new AppError('REQUEST_INVALID', 400, 'publicKey: must be Ed25519 as SPKI DER in base64')
}
