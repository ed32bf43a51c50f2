/** Spreads what a whole fleet would do at once: so many a second, after a burst that may come together. */
export class Pacer {
  readonly #everyMs: number
  readonly #burstMs: number
  /** When the turn after the last one given would be, were there no burst. */
  #nextMs = 0

  constructor({ perSecond, burst }: { perSecond: number; burst: number }) {
    this.#everyMs = 1_000 / perSecond
    this.#burstMs = burst * this.#everyMs
  }

  /** Whether it may be now; if so, a turn is used up. `nowMs` of a clock that never goes back. */
  isDue(nowMs: number): boolean {
    const nextMs = Math.max(this.#nextMs, nowMs)
    // A microsecond is what adding up fractions may cost.
    if (nextMs - nowMs > this.#burstMs - this.#everyMs + 0.001) return false
    this.#nextMs = nextMs + this.#everyMs
    return true
  }

  /** Takes the next turn and says in how many milliseconds it is. */
  reserve(nowMs: number): number {
    this.#nextMs = Math.max(this.#nextMs, nowMs) + this.#everyMs
    return Math.max(0, this.#nextMs - nowMs - this.#burstMs)
  }
}
