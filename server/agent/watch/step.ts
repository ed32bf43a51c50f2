import type { WatchedRoot } from '../../protocol/watch.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'

/** Whether the inventory is in step with one root, and what was in the way last. */
export class Step {
  readonly #clock: Clock
  #since: number | null = null
  #scanBegan = false
  message = ''

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isInStep(): boolean {
    return this.#since !== null
  }

  /** Changes were missed, also by a scan that runs. */
  lose(why: string): void {
    this.#since = null
    this.#scanBegan = false
    this.message = why
  }

  /** From here on a scan sees whatever the feed does not tell. */
  scanBegins(): void {
    this.#scanBegan = true
  }

  /** True: from now on it is in step. */
  scanEnded(isCovered: boolean): boolean {
    const isCaughtUp = this.#scanBegan && isCovered
    this.#scanBegan = false
    if (isCaughtUp) this.enter()
    return isCaughtUp
  }

  enter(): void {
    this.#since ??= this.#clock.now()
  }

  status(root: string, how: WatchedRoot['how']): WatchedRoot {
    return {
      root,
      how,
      isInStep: this.isInStep,
      since: this.#since === null ? null : toTimestamp(this.#since),
      message: this.message.slice(0, 1_024),
    }
  }
}
