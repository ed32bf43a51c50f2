/** Takes in what agents report. The link acknowledges a delta only after {@link InventoryService.apply} returned. */
import type { MachineId } from '../../protocol/ids.ts'
import type { InventoryDelta } from '../../protocol/link-frames.ts'
import type { Clock } from '../../shared/clock.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { InventoryStore } from '../store/inventory-store.ts'
import type { MachineStore } from '../store/machine-store.ts'

export interface InventoryService {
  apply(machineId: MachineId, delta: InventoryDelta): void
  /** Whether the agent's belief of what central holds is wrong, so that it must send everything. */
  needsResend(machineId: MachineId, believed: { count: number; digest: string }): boolean
}

export function createInventoryService(parts: {
  inventory: InventoryStore
  machines: MachineStore
  events: EventHub
  clock: Clock
}): InventoryService {
  const { inventory, machines, events, clock } = parts
  return {
    apply: (machineId, delta) => {
      const changed = inventory.applyDelta(machineId, delta, clock.now())
      if (changed > 0) events.publish({ type: 'inventory.changed', machineId })
    },
    needsResend: (machineId, believed) => {
      const held = machines.inventory(machineId)
      return held.count !== believed.count || held.digest !== believed.digest
    },
  }
}
