/**
 * Notices agents that are gone without a word, with one timer for all of them: a connection stands in one of
 * the wheel's slots, and every slot has its turn once in a round.
 */

const SLOTS = 32

export interface Watched {
  /** Its turn: once in a round. */
  look(): void
}

export class KeepAliveWheel {
  readonly #slots: Set<Watched>[] = Array.from({ length: SLOTS }, () => new Set())
  readonly #slotOf = new Map<Watched, Set<Watched>>()
  readonly #timer: NodeJS.Timeout
  #next = 0

  constructor(roundMs: number) {
    this.#timer = setInterval(() => this.#turn(), roundMs / SLOTS)
    this.#timer.unref()
  }

  add(watched: Watched): void {
    // The slot whose turn has just been: a newcomer has a whole round before it is looked at.
    const slot = this.#slots[(this.#next + SLOTS - 1) % SLOTS]!
    slot.add(watched)
    this.#slotOf.set(watched, slot)
  }

  remove(watched: Watched): void {
    this.#slotOf.get(watched)?.delete(watched)
    this.#slotOf.delete(watched)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #turn(): void {
    const slot = this.#slots[this.#next]!
    this.#next = (this.#next + 1) % SLOTS
    for (const watched of slot) watched.look()
  }
}
