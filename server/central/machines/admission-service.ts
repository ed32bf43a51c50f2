/** Which machines may connect, beyond the key that they hold: not the retired ones, and no copies of others. */
import type { MachineClones } from '../../protocol/api/machine-care.ts'
import type { MachineId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { isInScope, type Scope } from '../accounts/scope-service.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { NotableHub } from '../events/notable-hub.ts'
import type { MachineCareStore } from '../store/machine-care-store.ts'
import type { Write } from '../store/stores.ts'
import type { AgentLink } from './agent-link.ts'

export interface AdmissionService {
  /** Null: welcome. Else the name of the close code. Asked when the signature has been checked. */
  refusal(machineId: MachineId, facts: MachineFacts): 'retired' | 'cloned' | null
  retire(machineId: MachineId, reason: string, actor: string): void
  return(machineId: MachineId, actor: string): void
  /** Of machines within the scope. */
  clones(scope: Scope): MachineClones
}

export interface AdmissionServiceParts {
  care: MachineCareStore
  write: Write
  link: AgentLink
  audit: AuditLog
  events: EventHub
  notable: NotableHub
  clock: Clock
  /** Ends the connection of a machine, if it has one. */
  disconnect(machineId: MachineId): void
}

export function createAdmissionService(parts: AdmissionServiceParts): AdmissionService {
  const { care, write, link, audit, events, notable, clock } = parts

  const find = (machineId: MachineId) => {
    const machine = care.find(machineId)
    if (machine !== undefined) return machine
    throw new AppError('MACHINE_NOT_FOUND', 404, `there is no machine ${machineId}`)
  }

  /**
   * A machine may get another name or system; then its former self is not there any more. Two at once with one key are
   * a machine and its copy: the one that was there stays.
   */
  const isClone = (machineId: MachineId, { fingerprint, hostname }: MachineFacts): boolean => {
    if (fingerprint === undefined) return false
    const known = care.fingerprint(machineId)
    if (known === fingerprint) return false
    if (known === null || !link.isOnline(machineId)) {
      care.setFingerprint(machineId, fingerprint)
      return false
    }
    const isNews = write(() => {
      const isFirst = care.addClone(machineId, { fingerprint, hostname }, clock.now())
      if (isFirst) {
        const details = { hostname, fingerprint }
        audit.record(CENTRAL_ACTOR, 'machine.clone-refused', machineId, details)
      }
      return isFirst
    })
    if (isNews) {
      const of = find(machineId).facts.hostname
      notable.publish({
        kind: 'machine.cloned',
        at: clock.now(),
        machineId,
        hostname,
        summary: `${hostname} connected with the key of ${of}, which is connected: a copy of it`,
        details: { originalHostname: of },
      })
    }
    return true
  }

  return {
    refusal: (machineId, facts) => {
      if (care.find(machineId)?.retiredAt != null) return 'retired'
      return isClone(machineId, facts) ? 'cloned' : null
    },
    retire: (machineId, reason, actor) => {
      find(machineId)
      write(() => {
        care.setRetired(machineId, clock.now())
        audit.record(actor, 'machine.retired', machineId, { reason })
      })
      parts.disconnect(machineId)
      events.publish({ type: 'machine.changed', machineId })
    },
    return: (machineId, actor) => {
      find(machineId)
      write(() => {
        care.setRetired(machineId, null)
        audit.record(actor, 'machine.returned', machineId)
      })
      events.publish({ type: 'machine.changed', machineId })
    },
    clones: (scope) => ({
      clones: care
        .listClones()
        .filter(({ machineId }) => isInScope(scope, machineId))
        .map((clone) => ({
          ...clone,
          firstSeenAt: toTimestamp(clone.firstSeenAt),
          lastSeenAt: toTimestamp(clone.lastSeenAt),
        })),
    }),
  }
}
