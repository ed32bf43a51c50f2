/**
 * How many agents may say hello in a second, and how many at once: a machine that is busy takes fewer than it could. A
 * central that restarts meets its whole fleet at once; a refusal costs a few lines of HTTP, a hello costs a signature
 * and a look into the inventory.
 */
import { Pacer } from './pacer.ts'
import { ReturnTimes } from './return-times.ts'

export interface AdmissionLimits {
  readonly perSecond: number
  readonly burst: number
}

/** Hellos that are being answered. More would only make all of them slower, until none is in time. */
const MAX_ANSWERING = 200
/** Connections whose hello has not come: they cost next to nothing, and whoever opens many keeps nobody out. */
const MAX_SILENT = 4_000

export interface Admitted {
  /** Its hello has come, and is good. */
  spoke(): void
  /** It is answered, or the connection has ended. More than once is no harm. */
  over(): void
}

export class Admission {
  readonly #hellos: Pacer
  readonly #returns: ReturnTimes
  #refusals = 0
  #silent = 0
  #answering = 0

  constructor({ perSecond, burst }: AdmissionLimits) {
    this.#hellos = new Pacer({ perSecond, burst })
    this.#returns = new ReturnTimes(perSecond)
  }

  /** Null: come in. Else in how many seconds to come back. */
  refusal(): number | null {
    const nowMs = performance.now()
    const hasRoom = this.#answering < MAX_ANSWERING && this.#silent < MAX_SILENT
    if (hasRoom && this.#hellos.isDue(nowMs)) return null
    this.#refusals += 1
    return Math.max(1, Math.ceil(this.#returns.reserve(nowMs) / 1_000))
  }

  begin(): Admitted {
    let phase: 'silent' | 'answering' | 'over' = 'silent'
    this.#silent += 1
    return {
      spoke: () => {
        if (phase !== 'silent') return
        phase = 'answering'
        this.#silent -= 1
        this.#answering += 1
      },
      over: () => {
        if (phase === 'silent') this.#silent -= 1
        if (phase === 'answering') {
          this.#answering -= 1
          this.#returns.answered()
        }
        phase = 'over'
      },
    }
  }

  get refusals(): number {
    return this.#refusals
  }
}
