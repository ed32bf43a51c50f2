/** An inventory of one machine in plain maps: what every engine must agree with. */
import type { StoredDelta } from '../../../server/central/store/inventory/stored-delta.ts'
import type { ReportedStream, StreamKey } from '../../../server/protocol/stream.ts'
import { bucketOf } from '../../../server/shared/inventory-buckets.ts'
import { addToDigest, EMPTY_DIGEST, streamDigest } from '../../../server/shared/inventory-digest.ts'

export interface ModelStream {
  report: ReportedStream
  isGone: boolean
}

export class InventoryModel {
  readonly streams = new Map<string, ModelStream>()
  #resyncId: string | null = null
  #isResyncOver = true
  #named = new Set<string>()

  apply({ upserts, gone, resync }: StoredDelta): void {
    if (resync !== null && resync.id !== this.#resyncId) {
      this.#resyncId = resync.id
      this.#isResyncOver = false
      this.#named = new Set()
    }
    for (const report of upserts) {
      this.streams.set(keyText(report), { report, isGone: false })
      this.#named.add(keyText(report))
    }
    for (const key of gone) this.#setGone(keyText(key))
    if (resync?.isLast !== true || this.#isResyncOver) return
    this.#isResyncOver = true
    for (const [text, { report }] of this.streams) {
      const { count = 1, numbers = [0] } = resync.buckets ?? {}
      if (!this.#named.has(text) && numbers.includes(bucketOf(report, count))) this.#setGone(text)
    }
  }

  live(): ReportedStream[] {
    return [...this.streams.values()].filter(({ isGone }) => !isGone).map(({ report }) => report)
  }

  held() {
    const live = this.live()
    const count = (verdict: string) => live.filter((each) => each.verdict === verdict).length
    return {
      counts: { streams: live.length, marks: count('mark'), suspicious: count('suspicious') },
      digest: digestOf(live),
    }
  }

  bucketDigests(bucketCount: number): string[] {
    return Array.from({ length: bucketCount }, (_, bucket) =>
      digestOf(this.live().filter((each) => bucketOf(each, bucketCount) === bucket)),
    )
  }

  #setGone(text: string): void {
    const known = this.streams.get(text)
    if (known !== undefined) known.isGone = true
  }
}

export function keyText({ volumeId, identity, stream }: StreamKey): string {
  return JSON.stringify([volumeId, identity, stream])
}

function digestOf(streams: readonly ReportedStream[]): string {
  return streams.map(streamDigest).reduce(addToDigest, EMPTY_DIGEST)
}
