/**
 * The deltas of one connection, handed to the store in their order, some before those in front of them are committed:
 * so more of them share a transaction. Nothing is acknowledged over a gap: after one that fails the store refuses
 * the next. Those of several connections go on side by side.
 */
import type { IntakeGate } from './intake-gate.ts'

/** As they came (since protocol 2), or decoded (1). */
export interface QueuedDelta {
  readonly bytes: number
  /** Resolves when it is committed; several of one connection in their order. */
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
/** Deltas that are with the store at the same time. */
const MAX_STORING = 4

export class DeltaQueue {
  readonly #gate: IntakeGate
  readonly #listener: DeltaQueueListener
  readonly #maxStoring: number
  #waiting: QueuedDelta[] = []
  #storing = 0
  #isStopped = false

  /** `isInOrder`: whether the store refuses what comes after a gap; where it cannot tell, one goes at a time. */
  constructor(gate: IntakeGate, listener: DeltaQueueListener, isInOrder: boolean) {
    this.#gate = gate
    this.#listener = listener
    this.#maxStoring = isInOrder ? MAX_STORING : 1
  }

  /** Returns false where it is full now: nothing more should be read. */
  add(delta: QueuedDelta): boolean {
    this.#gate.enter(delta.bytes)
    this.#waiting.push(delta)
    this.#storeMore()
    return this.#waiting.length < MAX_WAITING
  }

  /** The connection is over: what is not being stored yet is forgotten. */
  stop(): void {
    this.#isStopped = true
    for (const { bytes } of this.#waiting) this.#gate.leave(bytes)
    this.#waiting = []
  }

  #storeMore(): void {
    while (this.#storing < this.#maxStoring) {
      const delta = this.#waiting.shift()
      if (delta === undefined) return
      void this.#store(delta)
    }
  }

  async #store(delta: QueuedDelta): Promise<void> {
    this.#storing += 1
    try {
      const { sequence } = await delta.store()
      if (!this.#isStopped) this.#listener.stored(sequence)
    } catch (error) {
      if (!this.#isStopped) this.#listener.failed(error)
    }
    this.#storing -= 1
    this.#gate.leave(delta.bytes)
    if (this.#isStopped) return
    this.#storeMore()
    this.#listener.relieved()
  }
}
