/**
 * How many agents may say hello in a second, and how many at once: a machine that is busy takes fewer than it could. A central that restarts meets its whole fleet at once; a refusal
 * costs a few lines of HTTP, a hello costs a signature and a look into the inventory.
 */
import { Pacer } from './pacer.ts'

export interface AdmissionLimits {
  readonly perSecond: number
  readonly burst: number
}

/** Hellos under way. More would only make all of them slower, until none is in time. */
const MAX_UNDER_WAY = 200

export class Admission {
  readonly #hellos: Pacer
  /** When those who were sent away come back: a little slower than they could be taken, so that they are. */
  readonly #returns: Pacer
  #refusals = 0
  #underWay = 0

  constructor({ perSecond, burst }: AdmissionLimits) {
    this.#hellos = new Pacer({ perSecond, burst })
    this.#returns = new Pacer({ perSecond: perSecond * 0.8, burst: 1 })
  }

  /** Null: come in. Else in how many seconds to come back. */
  refusal(): number | null {
    const nowMs = performance.now()
    if (this.#underWay < MAX_UNDER_WAY && this.#hellos.isDue(nowMs)) return null
    this.#refusals += 1
    return Math.max(1, Math.ceil(this.#returns.reserve(nowMs) / 1_000))
  }

  /** A hello is under way until the answer is called; more than once is no harm. */
  begin(): () => void {
    let isOver = false
    this.#underWay += 1
    return () => {
      if (!isOver) this.#underWay -= 1
      isOver = true
    }
  }

  get refusals(): number {
    return this.#refusals
  }
}
