/** When the link tries again. */
import type { Options } from 'p-retry'

export interface LinkTimings {
  readonly reconnectMinMs: number
  readonly reconnectMaxMs: number
  /** After a final close code: somebody must act first, so the wait is long. */
  readonly refusedRetryMs: number
  /** A connection that lasted this long was a good one: the back-off starts from the beginning. */
  readonly stableMs: number
  readonly pingEveryMs: number
  /** For the connection, the challenge and the welcome, each. */
  readonly answerMs: number
}

export const DEFAULT_TIMINGS: LinkTimings = {
  reconnectMinMs: 1_000,
  reconnectMaxMs: 30_000,
  refusedRetryMs: 600_000,
  stableMs: 60_000,
  // Below the minute after which many proxies drop a silent connection.
  pingEveryMs: 20_000,
  answerMs: 15_000,
}

/** Why a connection ended. A final one will end the same way until a person has acted. */
export class LinkClosed extends Error {
  override readonly name = 'LinkClosed'
  readonly isFinal: boolean

  constructor(message: string, isFinal = false) {
    super(message)
    this.isFinal = isFinal
  }
}

export function retryOptions(timings: LinkTimings, signal: AbortSignal): Options {
  return {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: timings.reconnectMinMs,
    maxTimeout: timings.reconnectMaxMs,
    // A whole fleet loses its central at the same moment and must not come back in step.
    randomize: true,
    signal,
    shouldRetry: ({ error }) => !(error instanceof LinkClosed && error.isFinal),
  }
}
