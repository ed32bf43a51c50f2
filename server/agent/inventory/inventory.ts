/**
 * The streams of this machine, as the latest scans, strips and restores left them. Each change is
 * committed here first and becomes pending in the same transaction; the outbox sends what is pending.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { VolumeId } from '../../protocol/ids.ts'
import type { ReportedStream, StreamKey } from '../../protocol/stream.ts'
import { streamDigest } from '../../shared/inventory-digest.ts'
import type { KnownStream } from '../state/inventory-store.ts'
import type { AgentState } from '../state/open-state.ts'
import { type RootCoverage, wasLookedAt } from './coverage.ts'
import { IdSet } from './id-set.ts'

/** How many ids a sweep handles before it lets others run. */
const SWEEP_IDS = 2_000

/** A volume that was under this scope root once, and is not now. */
export interface MissingVolume {
  readonly root: string
  readonly volumeId: VolumeId
}

/** What a look at some carriers found: streams that are there, and known ones that are not. */
export interface Look {
  readonly present: readonly ReportedStream[]
  readonly gone: readonly StreamKey[]
}

export class Inventory {
  readonly #state: AgentState
  readonly #listeners = new Set<() => void>()
  #isAnnounced = false
  #seen = new IdSet()
  #isScanning = false
  /** Changed by something else while a scan runs: what the scan read before is older. */
  readonly #touched = new Set<string>()

  constructor(state: AgentState) {
    this.#state = state
  }

  /** Called soon after every commit that may have made something pending. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  beginScan(): void {
    this.#seen = new IdSet()
    this.#touched.clear()
    this.#isScanning = true
  }

  /** However it ended. */
  endScan(): void {
    this.#seen = new IdSet()
    this.#touched.clear()
    this.#isScanning = false
  }

  /** Streams that the running scan found under `root`, all or none. */
  recordSeen(root: string, reports: readonly ReportedStream[]): void {
    this.#state.transaction(() => {
      for (const report of reports) {
        if (!this.#touched.has(keyText(report))) this.#seen.add(this.#recordScanned(root, report))
      }
    })
    this.#changed()
  }

  /**
   * After the scan: what it did not see though it looked there is gone. Answers the volumes that have
   * streams here and were not found where they used to be.
   */
  async sweepUnseen(coverages: readonly RootCoverage[]): Promise<MissingVolume[]> {
    const missing = new Map<string, MissingVolume>()
    let afterId = 0
    for (;;) {
      const ids = this.#state.inventory.presentIds(afterId, SWEEP_IDS)
      const last = ids.at(-1)
      if (last === undefined) return [...missing.values()]
      const unseen = ids.filter((id) => !this.#seen.has(id))
      if (unseen.length > 0) {
        this.#state.transaction(() => {
          for (const id of unseen) {
            const volume = this.#sweepOne(id, coverages)
            if (volume) missing.set(`${volume.root}\0${volume.volumeId}`, volume)
          }
        })
        this.#changed()
      }
      afterId = last
      await nextTurn()
    }
  }

  /** A stream that is not there any more, known without a scan. */
  recordGone(key: StreamKey): void {
    this.#state.transaction(() => this.#goneNow(key))
    this.#changed()
  }

  /** A stream that was just written, known without a scan. */
  recordPresent(root: string, report: ReportedStream): void {
    this.#state.transaction(() => this.#presentNow(root, report))
    this.#changed()
  }

  /** What a look at some carriers found, and `alongside` whatever else belongs to it: all or nothing. */
  recordLook(root: string, { present, gone }: Look, alongside: () => void = () => {}): void {
    this.#state.transaction(() => {
      for (const report of present) this.#presentNow(root, report)
      for (const key of gone) this.#goneNow(key)
      alongside()
    })
    this.#changed()
  }

  /** The stream as last reported, or undefined where no scan has seen it. */
  find(key: StreamKey): ReportedStream | undefined {
    const known = this.#state.inventory.find(key)
    const row = known && !known.isGone && this.#state.inventory.findById(known.streamId)
    return row ? (JSON.parse(row.report) as ReportedStream) : undefined
  }

  #presentNow(root: string, report: ReportedStream): void {
    this.#touch(report)
    this.#record(root, report, this.#state.inventory.find(report))
  }

  #goneNow(key: StreamKey): void {
    this.#touch(key)
    const known = this.#state.inventory.find(key)
    if (known && !known.isGone) this.#markGone(known.streamId, known.wasSent)
  }

  #touch(key: StreamKey): void {
    if (this.#isScanning) this.#touched.add(keyText(key))
  }

  #recordScanned(root: string, report: ReportedStream): number {
    const known = this.#state.inventory.find(report)
    // Seen under two roots in one scan: the first one's path stands, or it would change for ever.
    if (known && this.#seen.has(known.streamId) && !known.isGone) return known.streamId
    return this.#record(root, report, known)
  }

  #record(root: string, report: ReportedStream, known: KnownStream | undefined): number {
    const store = this.#state.inventory
    const digest = streamDigest(report)
    if (!known) return store.add(root, report, digest)
    if (known.isGone || known.digest !== digest) store.change(known.streamId, root, report, digest)
    else if (known.root !== root) store.moveToRoot(known.streamId, root)
    return known.streamId
  }

  #sweepOne(streamId: number, coverages: readonly RootCoverage[]): MissingVolume | null {
    const row = this.#state.inventory.findById(streamId)
    if (!row || row.isGone || this.#touched.has(keyText(row.key))) return null
    const report = JSON.parse(row.report) as ReportedStream
    const own = coverages.find((coverage) => coverage.root === row.root)
    if (own && !own.isImage && own.volumeId !== null && own.volumeId !== report.volumeId) {
      if (!this.#hasTwin(row.key, own.volumeId))
        return { root: row.root, volumeId: report.volumeId }
    } else if (!wasLookedAt(report, row.root, coverages)) {
      return null
    }
    this.#markGone(streamId, row.wasSent)
    return null
  }

  /**
   * Some file systems get another id with every mount. The very same stream, seen under the new id in
   * this scan, shows that the old row is the same place under its former name.
   */
  #hasTwin(key: StreamKey, volumeId: string): boolean {
    const twin = this.#state.inventory.find({ ...key, volumeId: volumeId as VolumeId })
    return twin !== undefined && !twin.isGone && this.#seen.has(twin.streamId)
  }

  #markGone(streamId: number, wasSent: boolean): void {
    // What central never heard of needs no goodbye.
    if (wasSent) this.#state.inventory.markGone(streamId)
    else this.#state.inventory.remove(streamId)
  }

  #changed(): void {
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    // Later, because this may run inside a caller's transaction, and nothing leaves before its commit.
    queueMicrotask(() => {
      this.#isAnnounced = false
      for (const listener of this.#listeners) listener()
    })
  }
}

function keyText({ volumeId, identity, stream }: StreamKey): string {
  return `${volumeId}\0${identity}\0${stream}`
}
