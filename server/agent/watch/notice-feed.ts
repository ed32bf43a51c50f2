/** Changes below a live folder, as the system tells of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { NativeWatch, NativeWatchedChanges, NativeWatches } from '../../../native/watch.ts'
import type { WatchedRoot } from '../../protocol/watch.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Feed, FeedHost, WatchTimings } from './feed.ts'
import { FolderLook, type FolderLookTools } from './folder-look.ts'
import type { LookedRoot } from './scan-named.ts'
import { Step } from './step.ts'

/** A look's share of the time at most, so that a busy folder does not become a busy agent. */
const MOST_SHARE = 0.2
/** New streams are to be known within five seconds. */
const LONGEST_REST_MS = 2_000

const LOST: Record<string, string> = {
  overflow: 'the system dropped notices of changes',
  'too-many-changes': 'more was changed at once than is kept',
  'samba-depot': 'Samba changed streams in a depot, and no notice says whose',
  'target-moved': 'the folder, or one above it, was moved, made or removed',
}

export interface NoticeFeedTools extends FolderLookTools {
  readonly addon: FolderLookTools['addon'] & NativeWatches
  readonly clock: Clock
  readonly timings: WatchTimings
}

export class NoticeFeed implements Feed {
  readonly root: string
  readonly #tools: NoticeFeedTools
  readonly #look: FolderLook
  readonly #host: FeedHost
  readonly #step: Step
  readonly #stop = new AbortController()
  #watch: NativeWatch | null = null
  #stands = false
  #running: Promise<void> | null = null

  constructor(tools: NoticeFeedTools, root: LookedRoot, host: FeedHost) {
    this.root = root.root
    this.#tools = tools
    this.#look = new FolderLook(tools, root)
    this.#host = host
    this.#step = new Step(tools.clock)
  }

  get needsWalks(): boolean {
    return !this.#stands
  }

  async start(): Promise<void> {
    const watch = this.#tools.addon.watchChanges(this.root, this.#tools.timings.mostPlaces)
    this.#watch = watch
    try {
      await watch.next()
      this.#stands = true
      this.#running = this.#listen(watch)
    } catch (error) {
      this.#step.message = (error as Error).message
    }
  }

  async scanBegins(): Promise<void> {
    if (!this.#stands && !this.#stop.signal.aborted) await this.start()
    if (this.#stands) this.#step.scanBegins()
  }

  scanEnded(isCovered: boolean): void {
    this.#step.scanEnded(isCovered)
  }

  status(): WatchedRoot {
    return this.#step.status(this.root, this.#stands ? 'notices' : 'scans')
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#watch?.close()
    await this.#running
  }

  async #listen(watch: NativeWatch): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const changes = await watch.next()
        const tookMs = await this.#handle(changes)
        await this.#rest(tookMs)
      } catch (error) {
        if (this.#stop.signal.aborted) return
        this.#end(error)
        return
      }
    }
  }

  async #handle({ lost, places }: NativeWatchedChanges): Promise<number> {
    const startedMs = performance.now()
    const why = lost === null ? await this.#look.run(places, this.#stop.signal) : LOST[lost]
    if (why) this.#lose(why)
    return performance.now() - startedMs
  }

  async #rest(tookMs: number): Promise<void> {
    const wantedMs = Math.max(this.#tools.timings.restMs, tookMs / MOST_SHARE)
    await sleep(Math.min(wantedMs, LONGEST_REST_MS), null, { signal: this.#stop.signal })
  }

  #lose(why: string): void {
    this.#step.lose(why)
    this.#host.needsScan(this.root, why)
  }

  /** The next scan tries to watch again, and begins soon. */
  #end(error: unknown): void {
    this.#watch?.close()
    this.#stands = false
    this.#lose((error as Error).message)
    const { code } = error as NodeJS.ErrnoException
    if (typeof code !== 'string' || !code.startsWith('ADS_')) this.#host.failed(this.root, error)
  }
}
