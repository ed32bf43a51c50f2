/** Starts scans: at first in its turn, and then again a fixed time after the start of the one before. */
import type { Clock } from '../../shared/clock.ts'

/** Timers hold 24.8 days at most and do not see a PC asleep, so a long wait is cut into looks at the clock. */
const MAX_WAIT_MS = 60_000

export class Schedule {
  readonly #clock: Clock
  readonly #due: () => void
  #everyMs: number
  #lastMs = 0
  #timer: NodeJS.Timeout | null = null
  #isWaitingForTurn = false
  /** Null: nobody gives turns. */
  #patienceMs: number | null = null

  constructor(clock: Clock, everySeconds: number, due: () => void) {
    this.#clock = clock
    this.#everyMs = everySeconds * 1_000
    this.#due = due
  }

  /** The first scan begins now. */
  start(): void {
    this.#scan()
  }

  /** The last scan began then, and the next is due as long after it as ever. */
  startAfter(lastMs: number): void {
    this.#lastMs = lastMs
    this.#wait()
  }

  /**
   * The first scan begins when its turn comes, by {@link takeTurn}: PCs that are switched on in the morning share
   * disks and a central. Where nobody says anything, it begins by itself after about `patienceMs`.
   */
  startInTurn(patienceMs: number): void {
    this.#patienceMs = patienceMs
    this.#isWaitingForTurn = true
    this.#scanAfter(patienceMs * (0.5 + Math.random()))
  }

  /** A scan is due and waits for its turn. */
  get isWaitingForTurn(): boolean {
    return this.#isWaitingForTurn
  }

  /** The turn of a scan that waits for it is in `afterMs`. */
  takeTurn(afterMs: number): void {
    if (!this.#isWaitingForTurn) return
    this.#isWaitingForTurn = false
    this.#scanAfter(afterMs)
  }

  setEverySeconds(seconds: number): void {
    this.#everyMs = seconds * 1_000
    if (this.#timer && this.#lastMs > 0) this.#wait()
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #scanAfter(ms: number): void {
    this.stop()
    this.#timer = setTimeout(() => this.#scan(), ms)
  }

  #scan(): void {
    this.#isWaitingForTurn = false
    this.#lastMs = this.#clock.now()
    this.#due()
    this.#wait()
  }

  #wait(): void {
    this.stop()
    const leftMs = Math.max(0, this.#lastMs + this.#everyMs - this.#clock.now())
    this.#timer = setTimeout(() => this.#look(), Math.min(leftMs, MAX_WAIT_MS))
  }

  #look(): void {
    const now = this.#clock.now()
    // A clock set back must not stop the scans until it has caught up.
    if (now < this.#lastMs) this.#lastMs = now
    const overdueMs = now - this.#lastMs - this.#everyMs
    // Long overdue: the PC was asleep, and others wake up with it.
    if (overdueMs > 2 * MAX_WAIT_MS && this.#patienceMs !== null) this.startInTurn(this.#patienceMs)
    else if (overdueMs >= 0) this.#scan()
    else this.#wait()
  }
}
