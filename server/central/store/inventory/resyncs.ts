/**
 * Which streams a resync has named so far. In the writer's memory only: where that was lost, the resync cannot
 * be ended, because what it named before would seem to be gone. The agent must begin another one.
 */
import type { BucketChoice } from './stored-delta.ts'

export class Resync {
  readonly id: string
  #ids = new Float64Array(64)
  #count = 0

  constructor(id: string) {
    this.id = id
  }

  /** 8 bytes each: thousands of machines may be resynced at once. */
  name(streamId: number): void {
    if (this.#count === this.#ids.length) {
      const larger = new Float64Array(this.#count * 2)
      larger.set(this.#ids)
      this.#ids = larger
    }
    this.#ids[this.#count] = streamId
    this.#count += 1
  }

  named(): Set<number> {
    return new Set(this.#ids.subarray(0, this.#count))
  }
}

/** Whether a stream in this bucket may go because nobody named it; null: any may. */
export function chosenBuckets(buckets: BucketChoice | null | undefined): Set<number> | null {
  return buckets == null ? null : new Set(buckets.numbers)
}
