/**
 * Keeps the inventory in step with the disk between two scans of everything. Each scope root has a feed. Where
 * one missed something, or nobody tells, a scan is asked for; why is said in its summary, the status and the log.
 */
import type { NativeJournals, NativeTarget } from '../../../native/addon.ts'
import type { NativeWatches } from '../../../native/watch.ts'
import type { VolumeId } from '../../protocol/ids.ts'
import type { WatchedRoot } from '../../protocol/watch.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { AgentState } from '../state/open-state.ts'
import type { Feed, FeedHost, WatchTimings } from './feed.ts'
import { JournalFeed } from './journal-feed.ts'
import { NoticeFeed } from './notice-feed.ts'
import { ScanFeed } from './scan-feed.ts'
import type { LookTools } from './scan-named.ts'

export interface WatcherTools extends LookTools {
  readonly addon: LookTools['addon'] & NativeJournals & NativeWatches
  readonly inventory: Inventory
  readonly state: AgentState
  readonly clock: Clock
  readonly logger: Logger
  readonly timings: WatchTimings
}

/** Of the time at most for scans that changes ask for, so that one that never helps costs little. */
const MOST_SHARE = 0.2

/** Starts a scan of the whole scope; `why` goes into its summary. */
export type AskForScan = (why: string) => void

export class Watcher implements FeedHost {
  readonly #tools: WatcherTools
  readonly #askForScan: AskForScan
  #feeds: Feed[] = []
  /** Why a scan is needed; empty: none is. */
  #wanted = new Set<string>()
  #isScanning = false
  #beganMs = 0
  /** Of the last scan. */
  #tookMs = 0
  #lastAskedMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(tools: WatcherTools, askForScan: AskForScan) {
    this.#tools = tools
    this.#askForScan = askForScan
  }

  /** Returns once every feed stands or has found that it cannot. */
  async start(): Promise<void> {
    this.#feeds = await Promise.all(this.#tools.scope.roots.map((root) => this.#feedFor(root)))
    await Promise.all(this.#feeds.map((feed) => feed.start()))
    this.#askInTime()
  }

  /** No scan is needed to know what is on the disk. */
  get isInStep(): boolean {
    return this.#feeds.length > 0 && this.status().every(({ isInStep }) => isInStep)
  }

  status(): WatchedRoot[] {
    return this.#feeds.map((feed) => feed.status())
  }

  async scanBegins(): Promise<void> {
    this.#isScanning = true
    this.#beganMs = performance.now()
    this.#wanted.clear()
    this.#stopTimer()
    await Promise.all(this.#feeds.map((feed) => feed.scanBegins()))
  }

  /** `covered`: the roots that were scanned to their end. */
  scanEnded(covered: ReadonlySet<string>): void {
    for (const feed of this.#feeds) feed.scanEnded(covered.has(feed.root))
    this.#isScanning = false
    this.#tookMs = performance.now() - this.#beganMs
    this.#askInTime()
  }

  needsScan(root: string, why: string): void {
    this.#tools.logger.warn({ root, why }, 'a full scan is needed')
    this.#wanted.add(`${root}: ${why}`)
    this.#askInTime()
  }

  failed(root: string, error: unknown): void {
    this.#tools.logger.error({ err: error, root }, 'watching failed')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopTimer()
    await Promise.all(this.#feeds.map((feed) => feed.close()))
  }

  async #feedFor(root: string): Promise<Feed> {
    const { addon, scope, inventory, limits, clock, timings, state } = this.#tools
    let target: NativeTarget
    try {
      target = await scope.probe(root)
    } catch (error) {
      return new ScanFeed(root, (error as Error).message)
    }
    const looked = { root, volumeId: target.volumeId as VolumeId, isImage: target.kind === 'image' }
    const { places, checkpoints } = state
    const tools = { addon, scope, inventory, limits, places, clock, timings }
    switch (target.kind) {
      case 'folder':
        return new NoticeFeed(tools, looked, this)
      case 'image': {
        const transaction = <Result>(work: () => Result) => state.transaction(work)
        return new JournalFeed({ ...tools, checkpoints, transaction }, looked, this)
      }
      case 'file':
        return new ScanFeed(root, 'a single file is looked at by scans alone')
    }
  }

  /** Now or when it may, if one is needed; after a while, if there are changes of which nobody tells. */
  #askInTime(): void {
    if (this.#isScanning || this.#isClosed || this.#feeds.length === 0) return
    const { rescanMs, walkMs } = this.#tools.timings
    const isUntold = this.#feeds.some(({ needsWalks }) => needsWalks)
    if (this.#wanted.size === 0 && !isUntold) return
    const everyMs = Math.max(this.#wanted.size > 0 ? rescanMs : walkMs, this.#tookMs / MOST_SHARE)
    const now = performance.now()
    // The first need is met at once, but whoever tells nothing was scanned only just now.
    const dueMs = this.#wanted.size > 0 ? this.#lastAskedMs + everyMs : now + everyMs
    this.#stopTimer()
    this.#timer = setTimeout(() => this.#ask(), Math.max(0, dueMs - now))
  }

  #ask(): void {
    if (this.#isScanning || this.#isClosed) return
    this.#lastAskedMs = performance.now()
    const reasons = [...this.#wanted]
    this.#askForScan(reasons.length > 0 ? `A full scan, because of ${reasons.join('; ')}.` : '')
  }

  #stopTimer(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }
}
