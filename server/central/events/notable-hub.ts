/**
 * What somebody outside may want to hear of: told once, with what is needed to understand it. Unlike the events
 * of the console nothing is left out, so publishers bound what they publish.
 */
import type { NotableKind } from '../../protocol/api/sinks.ts'

export interface NotableEvent {
  kind: NotableKind
  /** Milliseconds since 1970 UTC. */
  at: number
  machineId: string | null
  hostname: string | null
  /** One sentence for people. The names in it were chosen by whoever wrote them. */
  summary: string
  details: Record<string, unknown>
}

export interface NotableHub {
  publish(event: NotableEvent): void
  /** Returns what ends the subscription. */
  subscribe(listener: (event: NotableEvent) => void): () => void
}

export function createNotableHub(): NotableHub {
  const listeners = new Set<(event: NotableEvent) => void>()
  return {
    publish: (event) => {
      for (const listener of listeners) listener(event)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
