/** Turns what agents report into notable events. */
import type { NotableKind } from '../../protocol/api/sinks.ts'
import type { MachineId } from '../../protocol/ids.ts'
import type { Clock } from '../../shared/clock.ts'
import type { NotableEvent, NotableHub } from '../events/notable-hub.ts'
import type { AgentLink } from '../machines/agent-link.ts'
import type { StoredStream } from '../store/inventory/inventory-engine.ts'
import type { OrderStore } from '../store/order-store.ts'
import { type CarrierNow, carriersNow } from './carriers-now.ts'

/** A stream that goes within a day of its order went because of it, whenever the scan notices. */
const ORDERED_MS = 86_400_000

export interface NotableChange {
  kind: string
  streamId: number
}

export interface NotableSources {
  /** What a delta changed; the store bounds how many it names. */
  inventoryChanged(machineId: MachineId, changes: readonly NotableChange[]): Promise<void>
  /** When machines have no connection any more: what waits for them is told without. */
  stop(): Promise<void>
}

function appeared(stream: StoredStream, at: number): NotableEvent {
  const { machineId, hostname, path, stream: name, rule } = stream
  return {
    kind: 'stream.suspicious',
    at,
    machineId,
    hostname,
    summary: `suspicious stream ${name} on ${path} of ${hostname}: ${rule}`,
    details: detailsOf(stream),
  }
}

/** Also where its file went: that may be how it was done. Receivers choose by `carrier`. */
function removed(stream: StoredStream, at: number, carrier: CarrierNow): NotableEvent {
  const { machineId, hostname, path } = stream
  return {
    kind: 'mark.removed',
    at,
    machineId,
    hostname,
    summary: `the mark of ${path} on ${hostname} went without an order${CARRIERS[carrier]}`,
    details: { ...detailsOf(stream), carrier },
  }
}

const CARRIERS: Readonly<Record<CarrierNow, string>> = {
  there: '; the file is there',
  'not there': ', with its file',
  unknown: '',
}

function detailsOf({ streamId, path, stream, rule, sha256, sizeBytes }: StoredStream) {
  return { streamId, path, stream, rule, sha256, sizeBytes }
}

export function createNotableSources(parts: {
  findStream(streamId: number): Promise<StoredStream | undefined> | StoredStream | undefined
  orders: OrderStore
  notable: NotableHub
  link: AgentLink
  /** Fleets report much that nobody asked to be told of. */
  isWanted(kind: NotableKind): boolean
  clock: Clock
}): NotableSources {
  const { findStream, orders, notable, link, clock } = parts
  const underWay = new Set<Promise<void>>()

  const tellChanges: NotableSources['inventoryChanged'] = async (machineId, changes) => {
    const at = clock.now()
    const gone: StoredStream[] = []
    for (const { kind, streamId } of changes) {
      const isSuspicious = kind === 'suspicious-appeared' && parts.isWanted('stream.suspicious')
      const isGone = kind === 'mark-gone' && parts.isWanted('mark.removed')
      if (!isSuspicious && !isGone) continue
      const orderedAfter = at - ORDERED_MS
      if (isGone && (await orders.wasStripped(machineId, streamId, orderedAfter))) continue
      const stream = await findStream(streamId)
      if (stream === undefined) continue
      if (isSuspicious) notable.publish(appeared(stream, at))
      else gone.push(stream)
    }
    const paths = gone.map(({ path }) => path)
    const now = await carriersNow(link, machineId, paths)
    for (const stream of gone) notable.publish(removed(stream, at, now(stream.path)))
  }

  return {
    inventoryChanged: (machineId, changes) => {
      const telling = tellChanges(machineId, changes).finally(() => underWay.delete(telling))
      underWay.add(telling)
      return telling
    },
    stop: async () => void (await Promise.allSettled(underWay)),
  }
}
