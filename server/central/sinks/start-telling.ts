/** What is told outside, put together: sinks, and all that makes notable events of what central sees. */
import type { MachineId } from '../../protocol/ids.ts'
import { startAuditAnchor } from '../audit/audit-anchor.ts'
import type { AgentLink } from '../machines/agent-link.ts'
import type { Stores } from '../store/stores.ts'
import { tellAuditedEvents } from './audited-events.ts'
import { createNotableSources, type NotableChange } from './notable-sources.ts'
import { createSinkService, type SinkService, type SinkServiceParts } from './sink-service.ts'

export interface TellingParts extends SinkServiceParts, Pick<Stores, 'inventory' | 'orders'> {
  link: AgentLink
  /** How often sinks are told the head of the audit chain, where it grew. */
  auditHeadEveryMs: number
}

export interface Telling {
  sinks: SinkService
  /** What a delta changed. Not waited for: what could not be told is logged. */
  inventoryChanged(machineId: MachineId, changes: readonly NotableChange[]): void
  /** When machines have no connection any more. Sources end first, so that sinks keep what they tell last. */
  stop(): Promise<void>
}

export function startTelling(parts: TellingParts): Telling {
  const { audit, notable, inventory, logger } = parts
  const sinks = createSinkService(parts)
  const untell = tellAuditedEvents(audit, notable)
  const endAnchor = startAuditAnchor({ ...parts, everyMs: parts.auditHeadEveryMs })
  const sources = createNotableSources({
    ...parts,
    findStream: (streamId) => inventory.find(streamId),
    isWanted: sinks.isWanted,
  })
  return {
    sinks,
    inventoryChanged: (machineId, changes) => {
      sources.inventoryChanged(machineId, changes).catch((error: unknown) => {
        logger.warn({ err: error }, 'a change was not told of')
      })
    },
    stop: async () => {
      await sources.stop()
      endAnchor()
      untell()
      await sinks.stop()
    },
  }
}
