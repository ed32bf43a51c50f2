/**
 * Where central does not hold what it has acknowledged (a restored backup on either side, a fault), finds out
 * in which buckets, and makes only these pending again.
 */
import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MAX_BUCKETS } from '../../protocol/limits.ts'
import type { BucketChoice } from '../../protocol/link-frames.ts'
import { bucketOf } from '../../shared/inventory-buckets.ts'
import { addToDigest, EMPTY_DIGEST } from '../../shared/inventory-digest.ts'
import type { AcknowledgedInventory, AcknowledgedStream } from '../state/inventory-store.ts'
import type { OutboxState } from './outbox.ts'

/** Few enough that one stream that differs brings little with it. */
const STREAMS_PER_BUCKET = 16
/** Streams that are handled before others may run. */
const SLICE = 2_000

/** What is sent again, and then ends with what it was about. */
export interface Resync {
  readonly id: string
  readonly buckets: BucketChoice
}

export function bucketCountFor(streams: number): number {
  return Math.min(MAX_BUCKETS, Math.max(1, Math.ceil(streams / STREAMS_PER_BUCKET)))
}

export class Repair {
  readonly #state: OutboxState
  #isStopped = false

  constructor(state: OutboxState) {
    this.#state = state
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Null where no bucket differs, or it was stopped. */
  async run(theirs: readonly string[]): Promise<Resync | null> {
    const count = theirs.length
    const own = new Array<string>(count).fill(EMPTY_DIGEST)
    await this.#forEachSlice((streams) => {
      for (const { key, ackedDigest } of streams) {
        const bucket = bucketOf(key, count)
        own[bucket] = addToDigest(own[bucket]!, ackedDigest)
      }
    })
    const numbers = own.flatMap((digest, bucket) => (digest === theirs[bucket] ? [] : [bucket]))
    await this.#forget(count, new Set(numbers))
    if (numbers.length === 0 || this.#isStopped) return null
    return { id: randomUUID(), buckets: { count, numbers } }
  }

  async #forget(count: number, numbers: ReadonlySet<number>): Promise<void> {
    // Counted anew, so that a sum that was wrong cannot ask for a repair again and again.
    let kept: AcknowledgedInventory = { count: 0, digest: EMPTY_DIGEST }
    await this.#forEachSlice((streams) => {
      this.#state.transaction(() => {
        for (const { streamId, key, ackedDigest } of streams) {
          if (numbers.has(bucketOf(key, count))) this.#state.inventory.forgetAcknowledged(streamId)
          else kept = { count: kept.count + 1, digest: addToDigest(kept.digest, ackedDigest) }
        }
      })
    })
    if (!this.#isStopped) {
      this.#state.transaction(() => this.#state.inventory.setAcknowledgedInventory(kept))
    }
  }

  /** Nothing is acknowledged while this goes on, so what it walks along does not change but by itself. */
  async #forEachSlice(handle: (streams: AcknowledgedStream[]) => void): Promise<void> {
    let afterId = 0
    while (!this.#isStopped) {
      const streams = this.#state.inventory.acknowledgedStreams(afterId, SLICE)
      const last = streams.at(-1)
      if (!last) return
      handle(streams)
      afterId = last.streamId
      await nextTurn()
    }
  }
}
