/**
 * How many agents may say hello in a second. A central that restarts meets its whole fleet at once; a refusal
 * costs a few lines of HTTP, a hello costs a signature and a look into the inventory.
 */
import { Pacer } from './pacer.ts'

export interface AdmissionLimits {
  readonly perSecond: number
  readonly burst: number
}

export class Admission {
  readonly #hellos: Pacer
  /** When those who were sent away come back: a little slower than they could be taken, so that they are. */
  readonly #returns: Pacer
  #refusals = 0

  constructor({ perSecond, burst }: AdmissionLimits) {
    this.#hellos = new Pacer({ perSecond, burst })
    this.#returns = new Pacer({ perSecond: perSecond * 0.8, burst: 1 })
  }

  /** Null: come in. Else in how many seconds to come back. */
  refusal(): number | null {
    const nowMs = performance.now()
    if (this.#hellos.isDue(nowMs)) return null
    this.#refusals += 1
    return Math.max(1, Math.ceil(this.#returns.reserve(nowMs) / 1_000))
  }

  get refusals(): number {
    return this.#refusals
  }
}
