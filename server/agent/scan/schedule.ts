/** Starts a scan at once and then again a fixed time after the start of the one before. */
import type { Clock } from '../../shared/clock.ts'

/** Timers hold 24.8 days at most and do not see a PC asleep, so a long wait is cut into looks at the clock. */
const MAX_WAIT_MS = 60_000

export class Schedule {
  readonly #clock: Clock
  readonly #due: () => void
  #everyMs: number
  #lastMs = 0
  #timer: NodeJS.Timeout | null = null

  constructor(clock: Clock, everySeconds: number, due: () => void) {
    this.#clock = clock
    this.#everyMs = everySeconds * 1_000
    this.#due = due
  }

  start(): void {
    this.#lastMs = this.#clock.now()
    this.#due()
    this.#wait()
  }

  setEverySeconds(seconds: number): void {
    this.#everyMs = seconds * 1_000
    if (this.#timer) this.#wait()
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #wait(): void {
    if (this.#timer) clearTimeout(this.#timer)
    const leftMs = Math.max(0, this.#lastMs + this.#everyMs - this.#clock.now())
    this.#timer = setTimeout(() => this.#look(), Math.min(leftMs, MAX_WAIT_MS))
  }

  #look(): void {
    const now = this.#clock.now()
    // A clock set back must not stop the scans until it has caught up.
    if (now < this.#lastMs) this.#lastMs = now
    if (now >= this.#lastMs + this.#everyMs) {
      this.#lastMs = now
      this.#due()
    }
    this.#wait()
  }
}
