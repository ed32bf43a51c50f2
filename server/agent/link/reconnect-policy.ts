/** When the link tries again. */

export interface LinkTimings {
  readonly reconnectMinMs: number
  readonly reconnectMaxMs: number
  /** After a final close code: somebody must act first, so the wait is long. */
  readonly refusedRetryMs: number
  /** Where a person has to approve this machine first. */
  readonly pendingRetryMs: number
  /** A connection that lasted this long was a good one: the back-off starts from the beginning. */
  readonly stableMs: number
  /** At least this often; central may ask for more. */
  readonly pingEveryMs: number
  /** For the connection, the challenge and the welcome, each. */
  readonly answerMs: number
  /** A scan that is due and hears nothing from central begins by itself after about so long. */
  readonly scanPatienceMs: number
}

export const DEFAULT_TIMINGS: LinkTimings = {
  reconnectMinMs: 2_000,
  reconnectMaxMs: 15_000,
  refusedRetryMs: 600_000,
  pendingRetryMs: 30_000,
  stableMs: 60_000,
  // Below the minute after which many proxies drop a silent connection.
  pingEveryMs: 40_000,
  answerMs: 15_000,
  scanPatienceMs: 180_000,
}

/** Why a connection ended, and what that says about the next one. */
export class LinkClosed extends Error {
  override readonly name = 'LinkClosed'
  /** Not sooner. Null: it will end the same way until a person has acted. Undefined: nothing was said. */
  readonly retryAfterMs: number | null | undefined
  /** Stable: the name of a close code, or the code of an error. Empty where there is none. */
  readonly code: string

  constructor(message: string, retryAfterMs?: number | null, code = '') {
    super(message)
    this.retryAfterMs = retryAfterMs
    this.code = code
  }

  get isFinal(): boolean {
    return this.retryAfterMs === null
  }
}

/** Random all the way down to nothing: a fleet that loses its central at one moment comes back spread out. */
export class ReconnectPolicy {
  readonly #timings: LinkTimings
  #failures = 0

  constructor(timings: LinkTimings) {
    this.#timings = timings
  }

  /** How long to wait after a connection that lasted `lastedMs`. */
  waitMs({ retryAfterMs }: LinkClosed, lastedMs: number): number {
    const { reconnectMinMs, reconnectMaxMs, refusedRetryMs, stableMs } = this.#timings
    if (lastedMs >= stableMs) this.#failures = 0
    if (retryAfterMs === null) return refusedRetryMs * (1 + Math.random())
    const spreadMs = Math.min(reconnectMaxMs, reconnectMinMs * 2 ** this.#failures)
    if (retryAfterMs !== undefined) return retryAfterMs + reconnectMinMs * Math.random()
    this.#failures += 1
    return spreadMs * Math.random()
  }
}
