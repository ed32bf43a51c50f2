/** Scans one target after another and hands every chunk on, counting. Knows nothing of formats. */
import type {
  NativeAddon,
  NativeScan,
  NativeScanOptions,
  NativeUnreadable,
} from '../../native/addon.ts'
import { type ScannedStream, scanTarget } from '../../native/scan.ts'

export interface ScanCounts {
  carriers: number
  /** As found, before `--stream` leaves some out. */
  streams: number
  shown: number
  unreadable: number
}

export interface ScanListener {
  streams(found: readonly ScannedStream[]): Promise<void>
  unreadable(target: string, places: readonly NativeUnreadable[]): void
  progress(carriers: number, fractionDone: number | null): void
}

const PROGRESS_MS = 100

/** Throws what `scanTarget` throws; the chunks before that were handed on. Returns the carriers seen. */
export async function scanOne(
  addon: NativeAddon,
  target: string,
  options: NativeScanOptions,
  signal: AbortSignal,
  listener: ScanListener,
): Promise<void> {
  // scanTarget keeps the scan to itself; its progress is asked for by whoever started it.
  let scan: NativeScan | null = null
  const watched: Pick<NativeAddon, 'startScan'> = {
    startScan: (path, scanOptions) => {
      scan = addon.startScan(path, scanOptions)
      return scan
    },
  }
  const report = () => {
    const progress = scan?.progress()
    if (progress) listener.progress(progress.carriersSeen, progress.fractionDone)
  }
  const timer = setInterval(report, PROGRESS_MS)
  try {
    for await (const chunk of scanTarget(watched, target, options, signal)) {
      listener.unreadable(target, chunk.unreadable)
      await listener.streams(chunk.streams)
    }
  } finally {
    clearInterval(timer)
    report()
  }
}
