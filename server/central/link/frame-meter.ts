/** How fast one agent may send. One that floods is read more slowly: TCP then holds it back, and nobody else. */

export interface MeterLimits {
  readonly framesPerSecond: number
  readonly bytesPerSecond: number
}

/** What may come at once after a silence, in seconds of the limits. */
const BURST_SECONDS = 4

export class FrameMeter {
  readonly #limits: MeterLimits
  #frames: number
  #bytes: number
  #atMs = performance.now()

  constructor(limits: MeterLimits) {
    this.#limits = limits
    this.#frames = limits.framesPerSecond * BURST_SECONDS
    this.#bytes = limits.bytesPerSecond * BURST_SECONDS
  }

  /** Counts a frame that has come; returns for how many milliseconds nothing more should be read. */
  count(bytes: number): number {
    const { framesPerSecond, bytesPerSecond } = this.#limits
    const nowMs = performance.now()
    const seconds = (nowMs - this.#atMs) / 1_000
    this.#atMs = nowMs
    this.#frames = refill(this.#frames, seconds, framesPerSecond) - 1
    this.#bytes = refill(this.#bytes, seconds, bytesPerSecond) - bytes
    const debt = Math.max(-this.#frames / framesPerSecond, -this.#bytes / bytesPerSecond)
    return debt > 0 ? Math.ceil(debt * 1_000) : 0
  }
}

function refill(left: number, seconds: number, perSecond: number): number {
  return Math.min(perSecond * BURST_SECONDS, left + seconds * perSecond)
}
