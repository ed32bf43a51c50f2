/** Hands on every chunk of a scan, and its progress. Knows nothing of formats. */
import type { NativeScan } from '../../native/addon.ts'
import { chunksOf, type ScanChunk } from '../../native/scan.ts'

export interface ScanCounts {
  carriers: number
  /** As found, before `--stream` leaves some out. */
  streams: number
  shown: number
  unreadable: number
}

export interface ScanListener {
  chunk(chunk: ScanChunk): Promise<void>
  progress(carriers: number, fractionDone: number | null): void
}

const PROGRESS_MS = 100

/** Throws what `chunksOf` throws; the chunks before that were handed on. */
export async function followScan(
  scan: NativeScan,
  signal: AbortSignal,
  listener: ScanListener,
): Promise<void> {
  const report = () => {
    const { carriersSeen, fractionDone } = scan.progress()
    listener.progress(carriersSeen, fractionDone)
  }
  const timer = setInterval(report, PROGRESS_MS)
  try {
    for await (const chunk of chunksOf(scan, signal)) await listener.chunk(chunk)
  } finally {
    clearInterval(timer)
    report()
  }
}
