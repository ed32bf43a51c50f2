/** Takes in what agents report. The link acknowledges a delta only after it was resolved to be stored. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MachineId } from '../../protocol/ids.ts'
import { InventoryDelta } from '../../protocol/link-frames.ts'
import type { Clock } from '../../shared/clock.ts'
import { frameDecoder } from '../../shared/frame-codec.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { InventoryStore } from '../store/inventory-store.ts'

export interface InventoryService {
  /** A machine begins to send: up to where its deltas of that epoch are stored, and what central holds. */
  begin(machineId: MachineId, epoch: string | null): Promise<ResumePoint>
  /** Resolves to the delta's sequence. Rejects with FrameError if it is none. */
  applyFrame(machineId: MachineId, frame: Uint8Array): Promise<number>
  apply(machineId: MachineId, delta: InventoryDelta): Promise<number>
  bucketDigests(machineId: MachineId, bucketCount: number): Promise<string[]>
  /** False while nothing can be stored: then there is no use in sending. */
  isWritable(): boolean
}

export interface ResumePoint {
  readonly sequence: number
  readonly count: number
  readonly digest: string
}

/** The store takes nothing now and will later; nothing of what was refused was kept. */
export function isInventoryUnavailable(error: unknown): boolean {
  return error instanceof Error && error.name === 'InventoryUnavailable'
}

const decode = frameDecoder<InventoryDelta>(InventoryDelta)

export function createInventoryService(parts: {
  inventory: InventoryStore
  events: EventHub
  clock: Clock
}): InventoryService {
  const { inventory, events, clock } = parts
  const apply = async (machineId: MachineId, delta: InventoryDelta): Promise<number> => {
    await nextTurn()
    const changed = inventory.applyDelta(machineId, delta, clock.now())
    if (changed > 0) events.publish({ type: 'inventory.changed', machineId })
    return delta.sequence
  }
  return {
    begin: async (machineId, epoch) => inventory.beginConnection(machineId, epoch),
    applyFrame: async (machineId, frame) => apply(machineId, decode(Buffer.from(frame), true)),
    apply,
    bucketDigests: async (machineId, count) => inventory.bucketDigests(machineId, count),
    isWritable: () => true,
  }
}
