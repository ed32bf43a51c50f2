/**
 * Runs scans of the whole scope, one at a time, into the inventory. A root that cannot be scanned is said
 * in the summary and leaves its streams unknown; only a finished pass makes anything gone.
 */
import { randomUUID } from 'node:crypto'
import type { NativeAddon, NativeError, NativeScan, NativeTarget } from '../../../native/addon.ts'
import { scanTarget } from '../../../native/scan.ts'
import type { ScanStarted } from '../../protocol/agent-api.ts'
import type { ScanId, VolumeId } from '../../protocol/ids.ts'
import type { ScannedVolume, ScanProgress, ScanState, ScanSummary } from '../../protocol/scan.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { RootCoverage } from '../inventory/coverage.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { CONTENT_BYTES, type ReportLimits, toReport } from '../inventory/report.ts'
import type { Patience } from '../quiet/patience.ts'
import type { ScanStore } from '../state/scan-store.ts'
import { ScanTally } from './scan-tally.ts'
import { type Scope, toScannedVolume } from './scope.ts'

/** With 32 KiB of content each, a batch stays below 8 MiB. */
const BATCH_STREAMS = 250
const PROGRESS_MS = 1_000
const NONE: ReadonlySet<string> = new Set()

export interface ScanTools {
  readonly addon: NativeAddon
  readonly scope: Scope
  readonly inventory: Inventory
  readonly scans: ScanStore
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: ReportLimits
  /** Of each scan, so that it slows nobody down. */
  readonly pace: ScanPace
  /** For a scan that nobody waits for; null where none ever gives way. */
  readonly patience: (() => Patience) | null
}

export interface ScanPace {
  readonly filesPerSecond?: number
  readonly bytesPerSecond?: number
}

/** `at-once`: somebody waits for it. `quietly`: it gives way to whoever uses the machine. */
export type ScanUrgency = 'at-once' | 'quietly'

/** Who keeps the inventory in step between scans. */
export interface ScanSteps {
  scanBegins(): Promise<void>
  /** `covered`: the roots that were scanned to their end. */
  scanEnded(covered: ReadonlySet<string>): void
}

export interface ScanListener {
  progress(progress: ScanProgress): void
  finished(summary: ScanSummary): void
}

interface RunningScan {
  readonly tally: ScanTally
  readonly patience: Patience | null
  readonly done: Promise<void>
}

export class ScanRunner {
  readonly #tools: ScanTools
  readonly #listeners: ScanListener[] = []
  readonly #stop = new AbortController()
  #steps: ScanSteps | null = null
  #running: RunningScan | null = null
  #volumes: readonly ScannedVolume[]

  constructor(tools: ScanTools) {
    this.#tools = tools
    this.#volumes = tools.scans.last()?.volumes ?? []
  }

  listen(listener: ScanListener): void {
    this.#listeners.push(listener)
  }

  /** To be called once, before the first scan. */
  keepInStep(steps: ScanSteps): void {
    this.#steps = steps
  }

  /** Begins a scan, or answers the one that runs. `why`: for its summary, where it is not an ordinary one. */
  start(urgency: ScanUrgency = 'at-once', why = ''): ScanStarted {
    if (this.#running) {
      if (urgency === 'at-once') this.#running.patience?.hurry()
      return { scanId: this.#running.tally.scanId, isNew: false }
    }
    const tally = new ScanTally(randomUUID() as ScanId, this.#tools.clock.now())
    if (why !== '') this.#tools.logger.info({ scanId: tally.scanId, why }, 'scan begins')
    // Of a machine that was never scanned nothing is known, and that is worse than a slow hour.
    const mayWait = urgency === 'quietly' && this.#tools.scans.last() !== null
    const patience = (mayWait && this.#tools.patience?.()) || null
    this.#running = { tally, patience, done: this.#run(tally, why, patience) }
    return { scanId: tally.scanId, isNew: true }
  }

  progress(): ScanProgress | null {
    return this.#running?.tally.progress(this.#tools.scope.roots.length) ?? null
  }

  /** As the latest scan found them. */
  volumes(): readonly ScannedVolume[] {
    return this.#volumes
  }

  /** Cancels a running scan and waits for its end. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running?.done
  }

  async #run(tally: ScanTally, why: string, patience: Patience | null): Promise<void> {
    const { clock, inventory, logger, scans, scope } = this.#tools
    const covered = new Set<string>()
    const timer = setInterval(() => {
      for (const listener of this.#listeners) listener.progress(tally.progress(scope.roots.length))
    }, PROGRESS_MS)
    let summary: ScanSummary
    try {
      await patience?.wait(this.#stop.signal)
      await this.#steps?.scanBegins()
      const state = await this.#scanAll(tally, covered)
      const message = state === 'failed' ? 'No part of the scope could be scanned.' : why
      summary = tally.summary(state, clock.now(), message)
      scans.setLast(summary)
    } catch (error) {
      // Not the disk's fault but ours or the state file's: nothing was swept, so nothing is lost.
      logger.error({ err: error }, 'scan failed')
      summary = tally.summary('failed', clock.now(), (error as Error).message)
    } finally {
      clearInterval(timer)
      patience?.end()
      inventory.endScan()
      this.#running = null
    }
    this.#steps?.scanEnded(
      summary.state === 'complete' || summary.state === 'incomplete' ? covered : NONE,
    )
    this.#volumes = summary.volumes
    const { state, streamsFound, unreadableCount } = summary
    logger.info({ scanId: tally.scanId, state, streamsFound, unreadableCount }, 'scan finished')
    for (const listener of this.#listeners) listener.finished(summary)
  }

  async #scanAll(tally: ScanTally, covered: Set<string>): Promise<ScanState> {
    const { inventory, scope } = this.#tools
    inventory.beginScan()
    const coverages: RootCoverage[] = []
    for (const root of scope.roots) {
      if (this.#stop.signal.aborted) return 'cancelled'
      coverages.push(await this.#scanRoot(root, tally))
      tally.endRoot()
    }
    if (this.#stop.signal.aborted) return 'cancelled'
    for (const { root, volumeId } of await inventory.sweepUnseen(coverages)) {
      tally.addUnreadable({
        path: root,
        stream: null,
        code: 'VOLUME_MISSING',
        message: `Volume ${volumeId} was here before and is not now. Mount it again, or take ${root} out of the scope for one scan to let its streams go.`,
      })
    }
    for (const { root, isComplete } of coverages) if (isComplete) covered.add(root)
    if (covered.size === 0) return 'failed'
    return tally.unreadableCount > 0 ? 'incomplete' : 'complete'
  }

  async #scanRoot(root: string, tally: ScanTally): Promise<RootCoverage> {
    let coverage = new RootCoverage(root, null, false)
    try {
      const target = await this.#tools.scope.probe(root)
      coverage = new RootCoverage(root, target.volumeId, target.kind === 'image')
      tally.volumes.push(toScannedVolume({ root, target }))
      await this.#readRoot(coverage, target, tally)
      coverage.complete()
    } catch (error) {
      if (this.#stop.signal.aborted) return coverage
      const { code, message } = error as NativeError
      // What is no answer of the disk code is a fault of ours and ends the scan.
      if (typeof code !== 'string' || !code.startsWith('ADS_')) throw error
      tally.addUnreadable({ path: root, stream: null, code, message })
    }
    return coverage
  }

  async #readRoot(coverage: RootCoverage, target: NativeTarget, tally: ScanTally): Promise<void> {
    const { addon, inventory, limits, pace, scope } = this.#tools
    let scan: NativeScan | null = null
    const watched: Pick<NativeAddon, 'startScan'> = {
      startScan: (path, options) => {
        scan = addon.startScan(path, options)
        this.#running?.patience?.hold(scan)
        return scan
      },
    }
    const options = {
      hash: true,
      contentBytes: CONTENT_BYTES,
      includeInternal: false,
      exclude: scope.exclude,
      batchStreams: BATCH_STREAMS,
      background: true,
      ...pace,
      hints: scope.hints,
    }
    for await (const chunk of scanTarget(watched, coverage.root, options, this.#stop.signal)) {
      const reports: ReportedStream[] = []
      for (const found of chunk.streams) {
        const report = toReport(target.volumeId as VolumeId, found, limits)
        if (report) reports.push(report)
        else this.#tooLong(coverage, found, tally)
      }
      for (const place of chunk.unreadable) {
        coverage.addUnreadable(place.path, place.stream)
        tally.addUnreadable(place)
      }
      inventory.recordSeen(coverage.root, reports)
      tally.addStreams(chunk.streams.length)
      const progress = (scan as NativeScan | null)?.progress()
      if (progress) tally.setRootProgress(progress.carriersSeen, progress.fractionDone)
    }
    const progress = (scan as NativeScan | null)?.progress()
    if (progress) tally.setRootProgress(progress.carriersSeen, progress.fractionDone)
  }

  #tooLong(
    coverage: RootCoverage,
    { path, name }: { path: string; name: string },
    tally: ScanTally,
  ): void {
    coverage.addUnreadable(path, name)
    tally.addUnreadable({
      path,
      stream: name,
      code: 'NOT_REPORTABLE',
      message: 'The stream was seen, but its path or name is longer than NTFS allows.',
    })
  }
}
