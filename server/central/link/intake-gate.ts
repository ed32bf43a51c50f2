/**
 * How much may be on its way into the inventory. Every agent has a window of deltas that it may send without an
 * acknowledgement; while more comes in than is committed, the windows shrink, and at the end agents are parked
 * until there is room. So a slow writer slows the agents, and what central holds in memory stays bounded.
 */

export interface GateLimits {
  /** Deltas, and bytes of them as they came, that wait or are being stored. Above: one at a time for each agent. */
  readonly crowdedDeltas: number
  readonly crowdedBytes: number
  /** So many times the above: nobody is to send more. */
  readonly fullFactor: number
}

export const GATE_LIMITS: GateLimits = {
  crowdedDeltas: 128,
  crowdedBytes: 16 * 1024 * 1024,
  fullFactor: 4,
}

/** Hides the round trip, and repeats little after a lost connection. */
const WIDE = 4
/** How often parked agents are looked at, and how many are let go on then. */
const RELEASE_MS = 100
const RELEASED_AT_ONCE = 64

export interface Parked {
  giveWindow(window: number): void
}

export class IntakeGate {
  readonly #limits: GateLimits
  readonly #isWritable: () => boolean
  readonly #parked = new Set<Parked>()
  #timer: NodeJS.Timeout | null = null
  #deltas = 0
  #bytes = 0

  constructor(isWritable: () => boolean, limits = GATE_LIMITS) {
    this.#isWritable = isWritable
    this.#limits = limits
  }

  get deltas(): number {
    return this.#deltas
  }

  get bytes(): number {
    return this.#bytes
  }

  get parked(): number {
    return this.#parked.size
  }

  enter(bytes: number): void {
    this.#deltas += 1
    this.#bytes += bytes
  }

  leave(bytes: number): void {
    this.#deltas -= 1
    this.#bytes -= bytes
  }

  /** The window to tell an agent now. Where it is 0, the agent hears of more by `giveWindow`, when its turn comes. */
  windowFor(agent: Parked): number {
    const window = this.#window()
    if (window > 0) return window
    this.#parked.add(agent)
    this.#timer ??= setInterval(() => this.#release(), RELEASE_MS).unref()
    return 0
  }

  forget(agent: Parked): void {
    this.#parked.delete(agent)
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#parked.clear()
  }

  #window(): number {
    const { crowdedDeltas, crowdedBytes, fullFactor } = this.#limits
    const fullness = Math.max(this.#deltas / crowdedDeltas, this.#bytes / crowdedBytes)
    if (!this.#isWritable() || fullness >= fullFactor) return 0
    return fullness >= 1 ? 1 : WIDE
  }

  #release(): void {
    let left = RELEASED_AT_ONCE
    for (const agent of this.#parked) {
      const window = this.#window()
      if (window === 0 || left === 0) return
      left -= 1
      this.#parked.delete(agent)
      agent.giveWindow(window)
    }
    if (this.#parked.size > 0 || !this.#timer) return
    clearInterval(this.#timer)
    this.#timer = null
  }
}
