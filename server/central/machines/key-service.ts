/** Keys of machines while they are in service: replaced, revoked; and whom their agents take for central. */
import { IdentityKept } from '../../protocol/agent-api.ts'
import type { MachineId } from '../../protocol/ids.ts'
import type { NextKey } from '../../protocol/link-frames.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { parsePublicKey } from '../enrolment/public-key.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { MachineKeyStore } from '../store/machine-key-store.ts'
import type { MachineStore } from '../store/machine-store.ts'
import type { Write } from '../store/stores.ts'
import { type AgentLink, agentRoute } from './agent-link.ts'

export interface KeyService {
  /** Its agent has said hello with a new key, signed by both. False: that key is another machine's. */
  adopt(machineId: MachineId, nextKey: NextKey): boolean
  revoke(machineId: MachineId, reason: string, actor: string): void
  /** Has the agent make a new key, which its next hello brings. */
  rotate(machineId: MachineId, actor: string): Promise<void>
  /** Tells an agent that is connected what central may show, if it does not know. */
  tellPins(machineId: MachineId, pins: readonly string[]): Promise<void>
}

export interface KeyServiceParts {
  machines: MachineStore
  machineKeys: MachineKeyStore
  link: AgentLink
  audit: AuditLog
  events: EventHub
  clock: Clock
  write: Write
  logger: Logger
  disconnect(machineId: MachineId): void
}

const TIMEOUT_MS = 15_000
const setPins = agentRoute('POST', '/v1/identity/pins', IdentityKept)
const rotateKey = agentRoute('POST', '/v1/identity/rotate-key', IdentityKept)

export function createKeyService(parts: KeyServiceParts): KeyService {
  const { machines, machineKeys, link, audit, events, clock, write } = parts

  const mustExist = (machineId: MachineId): void => {
    if (machines.find(machineId) !== undefined) return
    throw new AppError('MACHINE_NOT_FOUND', 404, `there is no machine ${machineId}`)
  }

  return {
    adopt: (machineId, nextKey) => {
      const key = parsePublicKey(nextKey.publicKey)
      if (key === null) return false
      const holder = machines.findByPublicKey(key)
      if (holder !== undefined) return holder.machineId === machineId
      write(() => {
        machineKeys.replace(machineId, key, clock.now())
        audit.record(`machine:${machineId}`, 'machine.key-rotated', machineId)
      })
      return true
    },
    revoke: (machineId, reason, actor) => {
      mustExist(machineId)
      write(() => {
        machineKeys.revoke(machineId, clock.now())
        audit.record(actor, 'machine.revoked', machineId, { reason })
      })
      parts.disconnect(machineId)
      events.publish({ type: 'machine.changed', machineId })
    },
    rotate: async (machineId, actor) => {
      mustExist(machineId)
      await rotateKey(link, machineId, {}, TIMEOUT_MS)
      audit.record(actor, 'machine.key-rotation-asked', machineId)
    },
    tellPins: async (machineId, pins) => {
      if (pins.length === 0 || isSame(machineKeys.pins(machineId), pins)) return
      try {
        const kept = await setPins(link, machineId, { pins }, TIMEOUT_MS)
        machineKeys.setPins(machineId, kept.pins)
      } catch (error) {
        // An older agent does not know the question, and trusts what its system does.
        parts.logger.debug({ err: error, machineId }, 'an agent was not told of the pins')
      }
    },
  }
}

function isSame(known: readonly string[] | null, pins: readonly string[]): boolean {
  return known !== null && known.length === pins.length && pins.every((pin) => known.includes(pin))
}
