/**
 * What changed, for whoever watches. At most five events a second for each kind and subject, and fewer for an order,
 * which changes with every receipt: the first goes out at once, the newest of those that follow when its turn comes. Events carry no data to lose: the console asks again.
 */
import type { ConsoleEvent } from '../../protocol/api/events.ts'

/** Five a second. */
const QUIET_MS = 200
/** What is shown of an order is never older than a second: the rest of it is for the way there, also where central is busy. */
const ORDER_QUIET_MS = 700

export interface EventHub {
  publish(event: ConsoleEvent): void
  /** Returns what ends the subscription. */
  subscribe(listener: (event: ConsoleEvent) => void): () => void
  close(): void
}

export function createEventHub(): EventHub {
  const listeners = new Set<(event: ConsoleEvent) => void>()
  /** Keys that were sent less than their pause ago, with the newest event that waits, if any. */
  const quiet = new Map<string, ConsoleEvent | null>()
  const timers = new Set<NodeJS.Timeout>()

  const send = (key: string, event: ConsoleEvent): void => {
    quiet.set(key, null)
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        const waiting = quiet.get(key)
        quiet.delete(key)
        if (waiting) send(key, waiting)
      },
      event.type === 'order.changed' ? ORDER_QUIET_MS : QUIET_MS,
    )
    timer.unref()
    timers.add(timer)
    for (const listener of listeners) listener(event)
  }

  return {
    publish: (event) => {
      const key = keyOf(event)
      if (quiet.has(key)) quiet.set(key, event)
      else send(key, event)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
      listeners.clear()
    },
  }
}

function keyOf(event: ConsoleEvent): string {
  switch (event.type) {
    case 'order.changed':
      return `${event.type} ${event.orderId}`
    case 'preview.changed':
      return `${event.type} ${event.previewId}`
    case 'live.changed':
      return `${event.type} ${event.questionId}`
    case 'rule.changed':
      return `${event.type} ${event.ruleId}`
    default:
      return `${event.type} ${event.machineId}`
  }
}
