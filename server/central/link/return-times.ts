/**
 * When those who were sent away come back: one after the other, a little slower than hellos are really answered, so that
 * they are taken then. A machine that others load answers fewer than it is meant to; if its fleet came back at the rate
 * that it is meant for, it would do nothing but send agents away.
 */

/** Without a refusal for so long, what was measured before says nothing any more. */
const FORGOTTEN_AFTER_MS = 10_000
/** What has not been going on for so long says nothing yet. */
const MEASURED_FROM_MS = 2_000
/** Of what is meant: with fewer who come, fewer would be answered, and what is measured would fall for ever. */
const MIN_SHARE = 0.25
const SHARE = 0.8

export class ReturnTimes {
  readonly #perSecond: number
  /** Of the busy time that goes on. */
  #sinceMs = Number.NEGATIVE_INFINITY
  #lastRefusalMs = Number.NEGATIVE_INFINITY
  #answered = 0
  #nextMs = 0

  /** What hellos are admitted at. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  answered(): void {
    this.#answered += 1
  }

  /** Takes the next turn and says in how many milliseconds it is. `nowMs` of a clock that never goes back. */
  reserve(nowMs: number): number {
    if (nowMs - this.#lastRefusalMs > FORGOTTEN_AFTER_MS) {
      this.#sinceMs = nowMs
      this.#answered = 0
    }
    this.#lastRefusalMs = nowMs
    this.#nextMs = Math.max(this.#nextMs, nowMs) + 1_000 / (SHARE * this.#rate(nowMs))
    return this.#nextMs - nowMs
  }

  #rate(nowMs: number): number {
    const lastedMs = nowMs - this.#sinceMs
    if (lastedMs < MEASURED_FROM_MS) return this.#perSecond
    const measured = (this.#answered * 1_000) / lastedMs
    return Math.min(this.#perSecond, Math.max(MIN_SHARE * this.#perSecond, measured))
  }
}
