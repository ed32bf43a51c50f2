/**
 * When machines were last connected, written down together: a central that stops, or a network that breaks,
 * loses thousands of connections at once, and a commit for each would take it minutes.
 */
import type { MachineId } from '../../protocol/ids.ts'

const WRITE_AFTER_MS = 1_000

export class LastSeenBook {
  readonly #write: (seen: ReadonlyMap<MachineId, number>) => void
  #seen = new Map<MachineId, number>()
  #timer: NodeJS.Timeout | null = null

  /** `write` stores all of it in one transaction. */
  constructor(write: (seen: ReadonlyMap<MachineId, number>) => void) {
    this.#write = write
  }

  note(machineId: MachineId, at: number): void {
    this.#seen.set(machineId, at)
    this.#flushLater()
  }

  /** What is noted and not written yet. */
  find(machineId: MachineId): number | undefined {
    return this.#seen.get(machineId)
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#seen.size === 0) return
    this.#write(this.#seen)
    this.#seen = new Map()
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(() => {
      try {
        this.flush()
      } catch {
        // The disk is full, which central tells by itself: all of it stays noted until it can be written.
        this.#flushLater()
      }
    }, WRITE_AFTER_MS).unref()
  }
}
