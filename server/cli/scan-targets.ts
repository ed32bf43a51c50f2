/** Scans one target after another and hands every chunk on, counting. Knows nothing of formats. */
import type { NativeAddon, NativeScan, NativeScanOptions } from '../../native/addon.ts'
import { chunksOf, type ScanChunk } from '../../native/scan.ts'
import { takeHeadStart } from './head-start.ts'

export interface ScanCounts {
  carriers: number
  /** As found, before `--stream` leaves some out. */
  streams: number
  shown: number
  unreadable: number
}

export interface ScanListener {
  chunk(chunk: ScanChunk, scan: NativeScan): Promise<void>
  progress(carriers: number, fractionDone: number | null): void
}

const PROGRESS_MS = 100

/** Throws what `chunksOf` throws; the chunks before that were handed on. */
export async function scanOne(
  addon: NativeAddon,
  target: string,
  options: NativeScanOptions,
  signal: AbortSignal,
  listener: ScanListener,
): Promise<void> {
  const scan = takeHeadStart(target, options) ?? addon.startScan(target, options)
  const report = () => {
    const { carriersSeen, fractionDone } = scan.progress()
    listener.progress(carriersSeen, fractionDone)
  }
  const timer = setInterval(report, PROGRESS_MS)
  try {
    for await (const chunk of chunksOf(scan, signal)) await listener.chunk(chunk, scan)
  } finally {
    clearInterval(timer)
    report()
  }
}
