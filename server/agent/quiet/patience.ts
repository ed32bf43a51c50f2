/**
 * Lets one scan wait for a quiet machine: before it begins, and again and again while it runs. All its waits
 * together end after a stated time, so that a machine that is always busy is scanned as well.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { MachineNow } from './quiet-rules.ts'
import { whyWait } from './quiet-rules.ts'

/** Short enough to get out of somebody's way, long enough to cost nothing. */
const LOOK_MS = 5_000

export interface PatienceTools {
  readonly readMachine: () => MachineNow
  /** Of all waits of one scan together. */
  readonly mostMs: number
  /** `why` is null when it goes on. */
  readonly onWait: (why: string | null) => void
  readonly lookMs?: number
}

export interface Pausable {
  pause(): void
  resume(): void
}

export class Patience {
  readonly #tools: PatienceTools
  readonly #lookMs: number
  readonly #hurry = new AbortController()
  #leftMs: number
  #scan: Pausable | null = null
  #why: string | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(tools: PatienceTools) {
    this.#tools = tools
    this.#lookMs = tools.lookMs ?? LOOK_MS
    this.#leftMs = tools.mostMs
  }

  /** Why it waits now; null: it does not. */
  get why(): string | null {
    return this.#why
  }

  /** Returns when the scan may begin. */
  async wait(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#hurry.signal])
    // Twice, since the load is told from one look to the next.
    this.#tools.readMachine()
    await sleep(Math.min(this.#lookMs, 1_000), null, { signal: either }).catch(() => {})
    while (!either.aborted && this.#look()) {
      await sleep(this.#lookMs, null, { signal: either }).catch(() => {})
    }
    this.#say(null)
    if (!either.aborted) this.#timer = setInterval(() => this.#lookAtScan(), this.#lookMs)
  }

  /** From now on this scan is what pauses. */
  hold(scan: Pausable): void {
    this.#scan = scan
    if (this.#why !== null) scan.pause()
  }

  /** Somebody is waiting for it. */
  hurry(): void {
    this.#hurry.abort()
    this.end()
  }

  /** The scan ended. */
  end(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
    this.#say(null)
    this.#scan?.resume()
  }

  #lookAtScan(): void {
    if (this.#look()) this.#scan?.pause()
    else this.#scan?.resume()
  }

  /** True: wait until the next look. */
  #look(): boolean {
    const why = this.#leftMs > 0 ? whyWait(this.#tools.readMachine()) : null
    this.#say(why)
    if (why !== null) this.#leftMs -= this.#lookMs
    return why !== null
  }

  #say(why: string | null): void {
    if (why === this.#why) return
    this.#why = why
    this.#tools.onWait(why)
  }
}
