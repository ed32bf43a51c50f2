/** `sidestream order watch`: follows an order until nothing about it can change any more. */
import { setTimeout as delay } from 'node:timers/promises'
import progress from 'cli-progress'
import type { Order } from '../protocol/api/orders.ts'
import { displayName } from '../streams/display-name.ts'
import type { CentralClient } from './central-client.ts'
import { ExitCode } from './exit-code.ts'
import { countsText } from './fleet-order-text.ts'
import { humanCount } from './human.ts'
import type { Terminal } from './terminal.ts'

const FINAL: ReadonlySet<Order['state']> = new Set(['finished', 'cancelled', 'rejected', 'expired'])
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 3_000
const OPEN_STATES = ['queued', 'sent']

export interface WatchOptions {
  readonly orderId: string
  /** Undefined: as long as it takes. */
  readonly timeLimitSeconds?: number | undefined
  /** Each change, for scripts; people get a bar, or lines where there is no terminal. */
  readonly changed: (order: Order) => Promise<void>
}

/** The order as it was last seen; final, unless the time limit came first. */
export async function watchOrder(
  client: CentralClient,
  { orderId, timeLimitSeconds, changed }: WatchOptions,
  terminal: Terminal,
): Promise<Order> {
  const end = timeLimitSeconds === undefined ? Infinity : Date.now() + timeLimitSeconds * 1_000
  const shown = terminal.isErrorTerminal ? orderBar(terminal) : orderLines(terminal)
  let last = ''
  let pauseMs = FIRST_PAUSE_MS
  try {
    for (;;) {
      const order = await client.get<Order>(`/orders/${orderId}`)
      const text = JSON.stringify(order)
      pauseMs = text === last ? Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS
      if (text !== last) {
        shown.update(order)
        await changed(order)
      }
      last = text
      if (FINAL.has(order.state) || Date.now() >= end) return order
      await delay(Math.min(pauseMs, Math.max(0, end - Date.now())), undefined, {
        signal: terminal.signal,
      }).catch((error: unknown) => {
        terminal.signal.throwIfAborted()
        throw error
      })
    }
  } finally {
    shown.stop()
  }
}

/** 0: all is done. 3: it is not, and its targets say why. */
export function exitCodeOf({ state, counts, targetCount }: Order): number {
  const isAllDone = state === 'finished' && (counts.done ?? 0) === targetCount
  return isAllDone ? ExitCode.complete : ExitCode.someUnreadable
}

interface Shown {
  update(order: Order): void
  stop(): void
}

function orderLines(terminal: Terminal): Shown {
  let last = ''
  return {
    update: (order) => {
      const line = stateLine(order)
      if (line !== last) terminal.note(line)
      last = line
    },
    stop: () => {},
  }
}

function orderBar(terminal: Terminal): Shown {
  const bar = new progress.SingleBar({
    stream: terminal.errorStream,
    clearOnComplete: true,
    hideCursor: false,
    linewrap: false,
    gracefulExit: false,
    format: (_options, { progress: fraction }, payload) =>
      `${Math.floor(fraction * 100)} %  ${(payload as { line: string }).line}`,
  })
  let isStarted = false
  return {
    update: (order) => {
      const line = stateLine(order)
      if (!isStarted) bar.start(order.targetCount, 0, { line })
      isStarted = true
      bar.update(order.targetCount - openCount(order), { line })
    },
    stop: () => bar.stop(),
  }
}

function openCount({ counts }: Order): number {
  return OPEN_STATES.reduce((sum, state) => sum + (counts[state] ?? 0), 0)
}

function stateLine({
  state,
  counts,
  paused,
  progress: { step, stepCount, stepName },
}: Order): string {
  const steps =
    stepCount > 1 ? `, step ${humanCount(step)} of ${stepCount}: ${displayName(stepName)}` : ''
  const why = paused === null ? '' : `: ${displayName(paused.reason)}`
  return `${state}${why}${steps}: ${countsText(counts)}`
}
