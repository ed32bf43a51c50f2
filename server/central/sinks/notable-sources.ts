/** Turns what happens in central into notable events. */
import type { NotableKind } from '../../protocol/api/sinks.ts'
import type { MachineId, OrderId } from '../../protocol/ids.ts'
import type { Clock } from '../../shared/clock.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { NotableHub } from '../events/notable-hub.ts'
import type { StoredStream } from '../store/inventory/inventory-engine.ts'
import type { OrderStore } from '../store/order-store.ts'

/** A stream that goes within a day of its order went because of it, whenever the scan notices. */
const ORDERED_MS = 86_400_000

export interface NotableChange {
  kind: string
  streamId: number
}

export interface NotableSources {
  /** What a delta changed; the store bounds how many it names. */
  inventoryChanged(machineId: MachineId, changes: readonly NotableChange[]): Promise<void>
  stop(): void
}

export function createNotableSources(parts: {
  findStream(streamId: number): Promise<StoredStream | undefined> | StoredStream | undefined
  orders: OrderStore
  events: EventHub
  notable: NotableHub
  /** Fleets report much that nobody asked to be told of. */
  isWanted(kind: NotableKind): boolean
  clock: Clock
  /** Of what was not told. */
  warn(error: unknown): void
}): NotableSources {
  const { findStream, orders, events, notable, clock, warn } = parts
  /** Orders that were told of; an order changes a few times more after its end. */
  const finished = new Set<string>()

  const unsubscribe = events.subscribe((event) => {
    if (event.type === 'order.changed' && !finished.has(event.orderId))
      orderChanged(event.orderId).catch(warn)
  })
  const orderChanged = async (changedId: OrderId): Promise<void> => {
    const order = await orders.find(changedId)
    if (order === undefined || order.finishedAt === null || finished.has(changedId)) return
    finished.add(changedId)
    const { orderId, action, createdBy, reason, targetCount, machineCount, counts } = order
    notable.publish({
      kind: 'order.finished',
      at: order.finishedAt,
      machineId: null,
      hostname: null,
      summary: `${action} order of ${createdBy} finished: ${counts.done ?? 0} of ${targetCount} done`,
      details: { orderId, action, createdBy, reason, targetCount, machineCount, counts },
    })
  }

  return {
    inventoryChanged: async (machineId, changes) => {
      for (const { kind, streamId } of changes) {
        const isSuspicious = kind === 'suspicious-appeared' && parts.isWanted('stream.suspicious')
        const isGone = kind === 'mark-gone' && parts.isWanted('mark.removed')
        if (!isSuspicious && !isGone) continue
        const orderedAfter = clock.now() - ORDERED_MS
        if (isGone && (await orders.wasStripped(machineId, streamId, orderedAfter))) continue
        const stream = await findStream(streamId)
        if (stream === undefined) continue
        const { hostname, path, stream: name, rule, sha256, sizeBytes } = stream
        notable.publish({
          kind: isSuspicious ? 'stream.suspicious' : 'mark.removed',
          at: clock.now(),
          machineId,
          hostname,
          summary: isSuspicious
            ? `suspicious stream ${name} on ${path} of ${hostname}: ${rule}`
            : `the mark of ${path} on ${hostname} went without an order`,
          details: { streamId, path, stream: name, rule, sha256, sizeBytes },
        })
      }
    },
    stop: unsubscribe,
  }
}
