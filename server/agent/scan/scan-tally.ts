/** Counts and names what one scan saw, within the limits of the protocol. */
import type { ScanId } from '../../protocol/ids.ts'
import { MAX_PATH_UNITS, MAX_UNREADABLE_SAMPLES } from '../../protocol/limits.ts'
import type {
  ScannedVolume,
  ScanProgress,
  ScanState,
  ScanSummary,
  UnreadablePlace,
} from '../../protocol/scan.ts'
import { toTimestamp } from '../../shared/clock.ts'

/** 100 samples of the longest path would be more than a frame holds. */
const MAX_SAMPLE_UNITS = 256 * 1024

export class ScanTally {
  readonly scanId: ScanId
  readonly volumes: ScannedVolume[] = []
  readonly #startedAt: string
  readonly #unreadable: UnreadablePlace[] = []
  #sampleUnits = 0
  #unreadableCount = 0
  #streamsFound = 0
  /** Of the roots that are done; the running one is added from its own progress. */
  #carriersSeen = 0
  #carriersOfRoot = 0
  #fractionOfRoot: number | null = null

  constructor(scanId: ScanId, startedMs: number) {
    this.scanId = scanId
    this.#startedAt = toTimestamp(startedMs)
  }

  addStreams(count: number): void {
    this.#streamsFound += count
  }

  setRootProgress(carriersSeen: number, fractionDone: number | null): void {
    this.#carriersOfRoot = carriersSeen
    this.#fractionOfRoot = fractionDone
  }

  endRoot(): void {
    this.#carriersSeen += this.#carriersOfRoot
    this.#carriersOfRoot = 0
    this.#fractionOfRoot = null
  }

  addUnreadable(place: UnreadablePlace): void {
    this.#unreadableCount++
    this.#sampleUnits += place.path.length
    if (this.#unreadable.length >= MAX_UNREADABLE_SAMPLES) return
    if (this.#sampleUnits > MAX_SAMPLE_UNITS) return
    this.#unreadable.push({
      path: place.path.slice(0, MAX_PATH_UNITS) || '?',
      stream: place.stream?.slice(0, 255) ?? null,
      code: place.code.slice(0, 32),
      message: place.message.slice(0, 1_024),
    })
  }

  get unreadableCount(): number {
    return this.#unreadableCount
  }

  /** A fraction is known only where one root is the whole job. */
  progress(rootCount: number): ScanProgress {
    const fraction = rootCount === 1 ? this.#fractionOfRoot : null
    return {
      scanId: this.scanId,
      carriersSeen: this.#carriersSeen + this.#carriersOfRoot,
      streamsFound: this.#streamsFound,
      unreadableCount: this.#unreadableCount,
      fractionDone: fraction === null ? null : Math.min(1, Math.max(0, fraction)),
    }
  }

  summary(state: ScanState, finishedMs: number, message: string): ScanSummary {
    return {
      scanId: this.scanId,
      state,
      startedAt: this.#startedAt,
      finishedAt: toTimestamp(finishedMs),
      carriersSeen: this.#carriersSeen + this.#carriersOfRoot,
      streamsFound: this.#streamsFound,
      unreadableCount: this.#unreadableCount,
      unreadable: this.#unreadable,
      volumes: this.volumes.slice(0, 256),
      message: message.slice(0, 1_024),
    }
  }
}
