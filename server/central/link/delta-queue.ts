/**
 * The deltas of one connection, stored one after the other: the next only when the one before is committed, so
 * that nothing is ever acknowledged over a gap. Those of several connections go on side by side.
 */
import type { IntakeGate } from './intake-gate.ts'

/** As they came (protocol 2), or decoded (1). */
export interface QueuedDelta {
  readonly bytes: number
  /** Resolves when it is committed. */
  store(): Promise<{ sequence: number }>
}

export interface DeltaQueueListener {
  stored(sequence: number): void
  failed(error: unknown): void
  /** There is room for more again. */
  relieved(): void
}

/** Deltas that may wait before the socket is not read any more. */
const MAX_WAITING = 4

export class DeltaQueue {
  readonly #gate: IntakeGate
  readonly #listener: DeltaQueueListener
  #waiting: QueuedDelta[] = []
  #isStoring = false
  #isStopped = false

  constructor(gate: IntakeGate, listener: DeltaQueueListener) {
    this.#gate = gate
    this.#listener = listener
  }

  /** Returns false where it is full now: nothing more should be read. */
  add(delta: QueuedDelta): boolean {
    this.#gate.enter(delta.bytes)
    this.#waiting.push(delta)
    if (!this.#isStoring) void this.#storeAll()
    return this.#waiting.length < MAX_WAITING
  }

  /** The connection is over: what is not being stored yet is forgotten. */
  stop(): void {
    this.#isStopped = true
    for (const { bytes } of this.#waiting) this.#gate.leave(bytes)
    this.#waiting = []
  }

  async #storeAll(): Promise<void> {
    this.#isStoring = true
    for (let delta = this.#waiting.shift(); delta; delta = this.#waiting.shift()) {
      try {
        const { sequence } = await delta.store()
        if (!this.#isStopped) this.#listener.stored(sequence)
      } catch (error) {
        if (!this.#isStopped) this.#listener.failed(error)
      } finally {
        this.#gate.leave(delta.bytes)
      }
      if (!this.#isStopped) this.#listener.relieved()
    }
    this.#isStoring = false
  }
}
