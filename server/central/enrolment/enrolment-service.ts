/** How a machine becomes one of the fleet: a token, or an administrator's approval, for a public key. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type {
  Enrolment,
  EnrolmentList,
  EnrolmentRequest,
  ListedEnrolment,
} from '../../protocol/api/enrolments.ts'
import type { EnrolmentInvitation, EnrolReply, EnrolRequest } from '../../protocol/enrolment.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { encodeInvitation } from '../../shared/enrolment-string.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { AgentLink } from '../machines/agent-link.ts'
import type { StoredEnrolment, UsedEnrolment } from '../store/enrolment-store.ts'
import type { Stores } from '../store/stores.ts'
import type { PendingService } from './pending-service.ts'
import { parsePublicKey } from './public-key.ts'

/** 256 bits: nothing to guess, so a plain hash is enough to keep. */
const TOKEN_BYTES = 32
const MAX_LISTED = 1_000

export interface EnrolmentService {
  /** `askedAt`: the address under which central was reached, for a string where it knows no better. */
  createToken(request: EnrolmentRequest, askedAt: string, actor: string): Enrolment
  list(): EnrolmentList
  revoke(enrolmentNo: number, actor: string): void
  enrol(request: EnrolRequest, remoteAddress: string): EnrolReply
}

export interface EnrolmentServiceParts {
  stores: Stores
  pending: PendingService
  link: Pick<AgentLink, 'isOnline'>
  audit: AuditLog
  events: EventHub
  clock: Clock
  /** Central's addresses and pins; no addresses where it knows none but those that it is asked at. */
  reach: () => Omit<EnrolmentInvitation, 'token'>
}

type Asking = { key: Buffer; facts: EnrolRequest['facts']; remoteAddress: string }
type Answer = MachineId | 'refused' | 'pending'

export function createEnrolmentService(parts: EnrolmentServiceParts): EnrolmentService {
  const { stores, pending, audit, events, clock } = parts
  const { enrolments, machines, machineKeys } = stores

  const admitNew = (asking: Asking, { enrolmentNo, labels }: UsedEnrolment): MachineId => {
    const machineId = randomUUID() as string as MachineId
    const { key: publicKey, facts } = asking
    machines.add({ machineId, publicKey, enrolmentNo, facts }, clock.now())
    if (labels.length > 0) stores.machineCare.setLabels(machineId, labels)
    return machineId
  }

  /** One that is known, is not connected, and is the only one that says this of itself. */
  const takeBack = ({ key, facts }: Asking): MachineId | undefined => {
    if (facts.fingerprint === undefined) return undefined
    const [machineId, ...others] = machineKeys.findByFingerprint(facts.fingerprint)
    if (machineId === undefined || others.length > 0 || parts.link.isOnline(machineId)) {
      return undefined
    }
    machineKeys.replace(machineId, key, clock.now())
    audit.record(`machine:${machineId}`, 'machine.returned-with-new-key', machineId)
    return machineId
  }

  /**
   * The answer to a token, in the caller's transaction. A key that enrolled before is the same machine. If it did so with
   * this very token, then its agent lost our reply, and asking again costs no further use.
   */
  const answerToken = (asking: Asking, tokenHash: Buffer): Answer => {
    const known = machines.findByPublicKey(asking.key)
    if (known !== undefined && machineKeys.isRevoked(known.machineId)) return 'refused'
    const sameNo = enrolments.find(tokenHash, clock.now())?.enrolmentNo
    if (known !== undefined && sameNo === known.enrolmentNo) return known.machineId
    const waits = pending.stateOf(asking.key)
    if (waits !== undefined) return known?.machineId ?? pending.ask(asking, null)
    const used = enrolments.use(tokenHash, clock.now())
    if (used === undefined) return 'refused'
    if (known !== undefined) return known.machineId
    if (used.approval === 'pending') return pending.ask(asking, used.enrolmentNo)
    return (used.takesBack ? takeBack(asking) : undefined) ?? admitNew(asking, used)
  }

  /** Without a token: let in if an administrator has said so. */
  const answerStranger = (asking: Asking): Answer => {
    const known = machines.findByPublicKey(asking.key)
    if (known === undefined) return pending.ask(asking, null)
    return machineKeys.isRevoked(known.machineId) ? 'refused' : known.machineId
  }

  return {
    createToken: (request, askedAt, actor) => {
      const { validForSeconds, ...admits } = request
      const token = randomBytes(TOKEN_BYTES).toString('base64url')
      const expiresAt = clock.now() + validForSeconds * 1000
      const enrolmentNo = stores.write(() => {
        const enrolment = { ...admits, tokenHash: hashToken(token), createdBy: actor, expiresAt }
        const no = enrolments.add(enrolment, clock.now())
        audit.record(actor, 'enrolment.created', actor, { enrolmentNo: no, ...request })
        return no
      })
      const { urls, pins } = parts.reach()
      const invitation = encodeInvitation({ urls: urls.length > 0 ? urls : [askedAt], pins, token })
      return { enrolmentNo, token, invitation, ...admits, expiresAt: toTimestamp(expiresAt) }
    },

    list: () => ({
      enrolments: enrolments.list(MAX_LISTED).map((stored) => listed(stored, clock.now())),
    }),

    revoke: (enrolmentNo, actor) => {
      const isDone = stores.write(() => {
        if (!enrolments.revoke(enrolmentNo, actor, clock.now())) return false
        audit.record(actor, 'enrolment.revoked', String(enrolmentNo))
        return true
      })
      if (isDone || enrolments.findByNo(enrolmentNo) !== undefined) return
      throw new AppError('ENROLMENT_NOT_FOUND', 404, `there is no enrolment ${enrolmentNo}`)
    },

    enrol: ({ token, publicKey, facts }, remoteAddress) => {
      const key = parsePublicKey(publicKey)
      if (key === null) {
        const message = 'publicKey: must be Ed25519 as SPKI DER in base64'
        throw new AppError('REQUEST_INVALID', 400, message)
      }
      const asking = { key, facts, remoteAddress }
      const details = { hostname: facts.hostname, platform: facts.platform, remoteAddress }
      const answer = stores.write((): Answer => {
        const given =
          token === undefined ? answerStranger(asking) : answerToken(asking, hashToken(token))
        if (given === 'refused') {
          audit.record(CENTRAL_ACTOR, 'machine.refused', facts.hostname, details)
        } else if (given !== 'pending') {
          audit.record(`machine:${given}`, 'machine.enrolled', given, details)
        }
        return given
      })
      if (answer === 'refused') throw refused()
      if (answer === 'pending') throw waiting()
      events.publish({ type: 'machine.changed', machineId: answer })
      return { machineId: answer }
    },
  }
}

function listed(stored: StoredEnrolment, now: number): ListedEnrolment {
  const { createdAt, expiresAt, revokedAt, revokedBy: _, ...rest } = stored
  const state =
    revokedAt !== null
      ? 'revoked'
      : stored.usesLeft === 0
        ? 'used-up'
        : expiresAt <= now
          ? 'expired'
          : 'open'
  return {
    ...rest,
    state,
    createdAt: toTimestamp(createdAt),
    expiresAt: toTimestamp(expiresAt),
    revokedAt: revokedAt === null ? null : toTimestamp(revokedAt),
  }
}

/** One message for unknown, expired, revoked, denied and used up: which it was is no business of a stranger. */
function refused(): AppError {
  const message = 'this enrolment token is not valid (any more); ask for a new one'
  return new AppError('ENROLMENT_REFUSED', 401, message)
}

function waiting(): AppError {
  const message = 'this machine waits for an administrator to let it in.'
  return new AppError('ENROLMENT_PENDING', 403, message)
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
