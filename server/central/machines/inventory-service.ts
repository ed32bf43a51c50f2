/** Takes in what agents report. The link acknowledges a delta only after it was resolved to be stored. */
import type { MachineId } from '../../protocol/ids.ts'
import type { InventoryDelta } from '../../protocol/link-frames.ts'
import type { Clock } from '../../shared/clock.ts'
import type { EventHub } from '../events/event-hub.ts'
import {
  type DeltaApplied,
  DeltaRefused,
  type InventoryEngine,
  InventoryUnavailable,
  type ResumePoint,
} from '../store/inventory/inventory-engine.ts'
import type { MachineStore } from '../store/machine-store.ts'

export interface InventoryService {
  /** Where the agent stands; behind all deltas of connections before this one. */
  begin(machineId: MachineId, epoch: string | null): Promise<ResumePoint>
  /** A delta as it came, zstd-compressed JSON. Rejects with FrameError if it is none; see also {@link refusalOf}. */
  applyFrame(machineId: MachineId, frame: Uint8Array): Promise<DeltaApplied>
  apply(machineId: MachineId, delta: InventoryDelta): Promise<DeltaApplied>
  bucketDigests(machineId: MachineId, bucketCount: number): Promise<string[]>
  /** False while nothing can be stored: then there is no use in sending. */
  isWritable(): boolean
}

/**
 * `unfit`: the delta does not follow what came before. `unavailable`: the store takes nothing now and will later.
 * Of neither was anything kept. Null: a failure of another kind.
 */
export function refusalOf(error: unknown): 'unfit' | 'unavailable' | null {
  if (error instanceof DeltaRefused) return 'unfit'
  return error instanceof InventoryUnavailable ? 'unavailable' : null
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
    begin: async (machineId, epoch) => {
      // Newly enrolled, or enrolled while the inventory could not be written.
      const known = inventory.held(machineId) ? undefined : machines.findKnown(machineId)
      if (known !== undefined) await inventory.putMachines([known])
      return inventory.beginConnection(machineId, epoch)
    },
    applyFrame: async (machineId, frame) =>
      tell(machineId, await inventory.applyFrame(machineId, frame, clock.now())),
    apply: async (machineId, delta) =>
      tell(machineId, await inventory.apply(machineId, delta, clock.now())),
    bucketDigests: (machineId, bucketCount) => inventory.bucketDigests(machineId, bucketCount),
    isWritable: () => inventory.state().kind === 'ready',
  }
}
