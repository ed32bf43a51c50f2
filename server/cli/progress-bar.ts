/** What shows a scan's progress. Apart from the bar itself, so that a scan without one loads none. */
import type { ScanCounts } from './follow-scan.ts'

export interface ScanProgressBar {
  update(counts: ScanCounts, fractionDone: number | null): void
  /** Takes the bar away while `write` puts lines on the same screen. */
  aside(write: () => Promise<void>): Promise<void>
  stop(): void
}

export const NO_PROGRESS: ScanProgressBar = {
  update: () => {},
  aside: (write) => write(),
  stop: () => {},
}
