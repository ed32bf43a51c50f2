/** Changes on a volume or an image, from its change journal: also those of while no agent ran. */
import { type Stats, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NativeJournals } from '../../../native/addon.ts'
import type { VolumeId } from '../../protocol/ids.ts'
import type { WatchedRoot } from '../../protocol/watch.ts'
import type { Clock } from '../../shared/clock.ts'
import type { CheckpointStore } from '../state/checkpoint-store.ts'
import type { Feed, FeedHost, WatchTimings } from './feed.ts'
import { JournalLook, type JournalLookTools } from './journal-look.ts'
import { whyScan } from './must-scan.ts'
import type { LookedRoot } from './scan-named.ts'
import { scanSettings } from './scan-settings.ts'
import { Step } from './step.ts'
import { Trail } from './trail.ts'

/** What could not be read a moment ago was perhaps being written. */
const MOST_ATTEMPTS = 3
const SETTLED_MS = 2_000

export interface JournalFeedTools extends JournalLookTools {
  readonly addon: JournalLookTools['addon'] & NativeJournals
  readonly checkpoints: CheckpointStore
  readonly clock: Clock
  readonly timings: WatchTimings
  transaction<Result>(work: () => Result): Result
}

export class JournalFeed implements Feed {
  readonly root: string
  readonly #tools: JournalFeedTools
  #look: JournalLook
  readonly #host: FeedHost
  readonly #step: Step
  readonly #trail: Trail
  readonly #settings: string
  readonly #stop = new AbortController()
  /** Null: not asked yet. */
  #hasJournal: boolean | null = null
  #checkpoint: string | null
  /** Of before the scan that runs, for a root that is out of step. */
  #pending: string | null = null
  #attempts = 0
  #lastLook: string | null = null
  #timer: NodeJS.Timeout | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(tools: JournalFeedTools, root: LookedRoot, host: FeedHost) {
    this.root = root.root
    this.#tools = tools
    this.#look = new JournalLook(tools, root)
    this.#host = host
    this.#step = new Step(tools.clock)
    this.#trail = new Trail(tools.timings.settleMs)
    this.#settings = scanSettings(tools)
    this.#checkpoint = tools.checkpoints.find(root.root)?.checkpoint ?? null
  }

  /** A volume without a journal changes untold; an image in a file is scanned in its time. */
  get needsWalks(): boolean {
    return this.#hasJournal !== true && !this.#isFile()
  }

  async start(): Promise<void> {
    const kept = this.#tools.checkpoints.find(this.root)
    if (kept !== null && kept.settings !== this.#settings) this.#lose(whyScan('other-settings'))
    await this.#poll()
    this.#wait()
  }

  async scanBegins(): Promise<void> {
    await this.#running
    if (this.#step.isInStep) {
      const again = this.#trail.hold()
      if (again !== null) this.#store(again)
      return
    }
    this.#pending = await this.#read(null).then((changes) => changes?.checkpoint ?? null)
    if (this.#pending === null) return
    await this.#seeWhichVolume()
    this.#step.scanBegins()
    // What changed just before is not in the journal behind this checkpoint, and may not be on the disk yet.
    if (!this.#isFile()) await this.#settle()
  }

  scanEnded(isCovered: boolean): void {
    this.#trail.release()
    if (this.#trail.due !== null) this.#lastLook = null
    const pending = this.#pending
    this.#pending = null
    if (pending === null || !this.#step.scanEnded(isCovered)) return
    this.#checkpoint = pending
    this.#trail.clear()
    this.#trail.add(pending)
    this.#store(pending)
  }

  status(): WatchedRoot {
    return this.#step.status(this.root, this.#hasJournal ? 'journal' : 'scans')
  }

  async close(): Promise<void> {
    this.#stop.abort()
    if (this.#timer) clearTimeout(this.#timer)
    await this.#running
  }

  #wait(): void {
    if (this.#stop.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#running = this.#poll().finally(() => this.#wait())
    }, this.#tools.timings.pollMs)
  }

  async #poll(): Promise<void> {
    if (this.#isUnchanged()) return
    try {
      await this.#follow()
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#lose((error as Error).message)
      const { code } = error as NodeJS.ErrnoException
      if (typeof code !== 'string' || !code.startsWith('ADS_')) this.#host.failed(this.root, error)
    }
  }

  async #follow(): Promise<void> {
    const again = this.#trail.due
    const before = again ?? this.#checkpoint
    if (before === null) {
      // Whether there is one, for the status. Each scan asks again, and brings it into step.
      if (this.#hasJournal === null) await this.#read(null)
      return
    }
    const changes = await this.#read(before)
    if (changes === null) return
    const { mustScan, files, checkpoint } = changes
    if (mustScan !== null || checkpoint === null) {
      this.#lose(whyScan(mustScan ?? 'no-journal'))
      return
    }
    const kept = again === null ? this.#trail.keptOf(checkpoint) : checkpoint
    const keep = () => this.#keep(kept)
    if (checkpoint !== before) {
      const why = await this.#look.run(files, keep, this.#stop.signal)
      if (why !== null) {
        this.#tryAgain(why)
        return
      }
    }
    this.#attempts = 0
    this.#checkpoint = checkpoint
    if (again !== null) this.#trail.done()
    this.#trail.add(checkpoint)
    this.#step.enter()
  }

  async #read(checkpoint: string | null) {
    const changes = await this.#tools.addon
      .readChanges(this.root, checkpoint)
      .catch((error: NodeJS.ErrnoException) => {
        this.#hasJournal = false
        if (checkpoint !== null) throw error
        this.#step.message = error.message
        return null
      })
    this.#hasJournal = changes !== null && changes.checkpoint !== null
    if (changes?.checkpoint === null) this.#step.message = whyScan(changes.mustScan ?? 'no-journal')
    return changes
  }

  #tryAgain(why: string): void {
    this.#lastLook = null
    if (++this.#attempts >= MOST_ATTEMPTS) this.#lose(why)
  }

  #lose(why: string): void {
    this.#attempts = 0
    this.#checkpoint = null
    this.#trail.clear()
    this.#tools.checkpoints.remove(this.root)
    this.#step.lose(why)
    this.#host.needsScan(this.root, why)
  }

  #store(checkpoint: string): void {
    this.#tools.transaction(() => this.#keep(checkpoint))
  }

  #keep(checkpoint: string): void {
    this.#tools.checkpoints.set(this.root, { checkpoint, settings: this.#settings })
  }

  /** Another one may be here since the feed was made; the scan would tell if it went away again just now. */
  async #seeWhichVolume(): Promise<void> {
    const target = await this.#tools.scope.probe(this.root).catch(() => null)
    if (target === null) return
    const volumeId = target.volumeId as VolumeId
    this.#look = new JournalLook(this.#tools, { root: this.root, volumeId, isImage: true })
  }

  async #settle(): Promise<void> {
    const { settleMs } = this.#tools.timings
    await sleep(settleMs, null, { signal: this.#stop.signal }).catch(() => {})
  }

  /** An image that nobody wrote to has no news; a volume's file tells nothing, so it is asked. */
  #isUnchanged(): boolean {
    const stats = this.#stats()
    // Of a file that was written just now, the next write may have the same time.
    const settledMs = Date.now() - SETTLED_MS
    const look =
      stats?.isFile() && stats.mtimeMs < settledMs ? `${stats.mtimeMs} ${stats.size}` : null
    const isSame = look !== null && look === this.#lastLook
    this.#lastLook = look
    return isSame
  }

  #isFile(): boolean {
    return this.#stats()?.isFile() ?? false
  }

  /** A volume's name need not be a path: then there is nothing to say of a file. */
  #stats(): Stats | undefined {
    try {
      return statSync(this.root, { throwIfNoEntry: false })
    } catch {
      return undefined
    }
  }
}
