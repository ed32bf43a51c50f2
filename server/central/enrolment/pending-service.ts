/** Machines that wait for an administrator. Bounded: whoever has no token can ask, and ask again. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type {
  PendingApproved,
  PendingMachine as PendingListed,
  PendingMachines,
} from '../../protocol/api/machine-trust.ts'
import type { MachineId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { PendingMachine } from '../store/pending-store.ts'
import type { Stores } from '../store/stores.ts'

/** Without a token. More than a person would look through. */
export const MAX_STRANGERS = 200
export const MAX_STRANGERS_OF_ADDRESS = 20
/** Who has not asked for so long is not there any more, and makes room. */
const FORGOTTEN_AFTER_MS = 7 * 86_400_000
const MAX_LISTED = 1_000

export interface PendingService {
  stateOf(key: Buffer): PendingMachine['state'] | undefined
  /** In the caller's transaction. Throws PENDING_FULL. */
  ask(
    asking: { key: Buffer; facts: MachineFacts; remoteAddress: string },
    enrolmentNo: number | null,
  ): 'pending' | 'refused'
  list(): PendingMachines
  /** As the machine that is named, which gets the new key, or as a new one. */
  approve(pendingNo: number, as: MachineId | undefined, actor: string): PendingApproved
  deny(pendingNo: number, actor: string): void
}

export interface PendingServiceParts {
  stores: Stores
  audit: AuditLog
  events: EventHub
  clock: Clock
  /** Ends the connection of a machine whose key is another now. */
  disconnect(machineId: MachineId): void
}

export function createPendingService(parts: PendingServiceParts): PendingService {
  const { stores, audit, events, clock } = parts
  const { pending, machines, machineKeys } = stores
  const since = (): number => clock.now() - FORGOTTEN_AFTER_MS

  const checkRoom = (remoteAddress: string): void => {
    const { all, ofAddress } = pending.countStrangers(since(), remoteAddress)
    if (all < MAX_STRANGERS && ofAddress < MAX_STRANGERS_OF_ADDRESS) return
    const message = 'too many machines wait to be let in; an administrator has to decide on some'
    throw new AppError('PENDING_FULL', 429, message)
  }

  const findWaiting = (pendingNo: number): PendingMachine => {
    const found = pending.find(pendingNo)
    if (found?.state === 'waiting') return found
    throw new AppError('PENDING_NOT_FOUND', 404, `no machine waits under the number ${pendingNo}`)
  }

  const admit = (found: PendingMachine, actor: string): MachineId => {
    const { publicKey, facts } = found
    const machineId = randomUUID() as string as MachineId
    const enrolmentNo =
      found.enrolmentNo ?? stores.enrolments.addApproval(randomBytes(32), actor, clock.now())
    machines.add({ machineId, publicKey, enrolmentNo, facts }, clock.now())
    const labels = stores.enrolments.findByNo(enrolmentNo)?.labels ?? []
    if (labels.length > 0) stores.machineCare.setLabels(machineId, labels)
    return machineId
  }

  const giveNewKey = (machineId: MachineId, { publicKey }: PendingMachine): MachineId => {
    if (machines.find(machineId) === undefined) {
      throw new AppError('MACHINE_NOT_FOUND', 404, `there is no machine ${machineId}`)
    }
    machineKeys.replace(machineId, publicKey, clock.now())
    return machineId
  }

  const listed = (found: PendingMachine): PendingListed => {
    const { publicKey, enrolmentNo, firstAskedAt, lastAskedAt, state: _, ...rest } = found
    const { fingerprint } = found.facts
    const alike = fingerprint === undefined ? [] : machineKeys.findByFingerprint(fingerprint)
    return {
      ...rest,
      keyFingerprint: createHash('sha256').update(publicKey).digest('hex'),
      hasToken: enrolmentNo !== null,
      looksLike: alike.length === 1 ? alike[0]! : null,
      firstAskedAt: toTimestamp(firstAskedAt),
      lastAskedAt: toTimestamp(lastAskedAt),
    }
  }

  return {
    stateOf: (key) => pending.findByKey(key)?.state,
    ask: ({ key: publicKey, facts, remoteAddress }, enrolmentNo) => {
      const known = pending.findByKey(publicKey)
      if (known?.state === 'denied') return 'refused'
      if (known !== undefined) {
        pending.asked(known.pendingNo, clock.now())
        return 'pending'
      }
      if (enrolmentNo === null) checkRoom(remoteAddress)
      pending.add({ publicKey, enrolmentNo, facts, remoteAddress }, clock.now())
      audit.record(CENTRAL_ACTOR, 'machine.pending', facts.hostname, { remoteAddress })
      return 'pending'
    },
    list: () => ({ pending: pending.list(since(), MAX_LISTED).map(listed) }),
    approve: (pendingNo, as, actor) => {
      const machineId = stores.write(() => {
        const found = findWaiting(pendingNo)
        const admitted = as === undefined ? admit(found, actor) : giveNewKey(as, found)
        pending.decide(pendingNo, admitted, actor, clock.now())
        audit.record(actor, 'machine.approved', admitted, {
          hostname: found.facts.hostname,
          isKnown: as !== undefined,
        })
        return admitted
      })
      if (as !== undefined) parts.disconnect(machineId)
      events.publish({ type: 'machine.changed', machineId })
      return { machineId }
    },
    deny: (pendingNo, actor) =>
      stores.write(() => {
        const { facts } = findWaiting(pendingNo)
        pending.decide(pendingNo, null, actor, clock.now())
        audit.record(actor, 'machine.denied', facts.hostname, { pendingNo })
      }),
  }
}
