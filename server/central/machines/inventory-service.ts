/** Takes in what agents report. The link acknowledges a delta only after {@link InventoryService.apply} has resolved. */
import type { MachineId } from '../../protocol/ids.ts'
import type { Clock } from '../../shared/clock.ts'
import type { EventHub } from '../events/event-hub.ts'
import {
  type DeltaApplied,
  DeltaRefused,
  type InventoryEngine,
  InventoryUnavailable,
  type ResumePoint,
} from '../store/inventory/inventory-engine.ts'
import type { StoredDelta } from '../store/inventory/stored-delta.ts'
import type { MachineStore } from '../store/machine-store.ts'

export { DeltaRefused, InventoryUnavailable }

export interface InventoryService {
  apply(machineId: MachineId, delta: StoredDelta): Promise<DeltaApplied>
  /** A delta as it came, zstd-compressed JSON. */
  applyFrame(machineId: MachineId, frame: Uint8Array): Promise<DeltaApplied>
  /** Where the agent stands; behind all deltas of connections before this one. */
  begin(machineId: MachineId, epoch: string | null): Promise<ResumePoint>
}

export function createInventoryService(parts: {
  inventory: InventoryEngine
  machines: MachineStore
  events: EventHub
  clock: Clock
  /** What a stored delta changed, for whoever counts or tells of it. */
  applied(machineId: MachineId, delta: DeltaApplied): void
}): InventoryService {
  const { inventory, machines, events, clock } = parts
  const tell = (machineId: MachineId, applied: DeltaApplied): DeltaApplied => {
    parts.applied(machineId, applied)
    if (applied.changed > 0) events.publish({ type: 'inventory.changed', machineId })
    return applied
  }
  return {
    apply: async (machineId, delta) =>
      tell(machineId, await inventory.apply(machineId, delta, clock.now())),
    applyFrame: async (machineId, frame) =>
      tell(machineId, await inventory.applyFrame(machineId, frame, clock.now())),
    begin: async (machineId, epoch) => {
      // Newly enrolled, or enrolled while the inventory could not be written.
      const known = inventory.held(machineId) ? undefined : machines.findKnown(machineId)
      if (known !== undefined) await inventory.putMachines([known])
      return inventory.beginConnection(machineId, epoch)
    },
  }
}
