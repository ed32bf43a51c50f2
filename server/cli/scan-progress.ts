/**
 * The progress of a scan on a terminal's standard error: a bar where the size of the job is known (records
 * of a raw volume), counts where it is not. It leaves nothing behind.
 */
import progress from 'cli-progress'
import type { ScanCounts } from './follow-scan.ts'
import { counted } from './human.ts'
import type { ScanProgressBar } from './progress-bar.ts'
import type { Terminal } from './terminal.ts'

const BAR_COLUMNS = 24
/** The bar counts in these, because cli-progress rounds nothing for us. */
const STEPS = 1_000

interface Payload {
  readonly counts: ScanCounts
  readonly isSizeKnown: boolean
}

export function scanProgressBar(terminal: Terminal): ScanProgressBar {
  let steps = 0
  let payload: Payload = {
    counts: { carriers: 0, streams: 0, shown: 0, unreadable: 0 },
    isSizeKnown: false,
  }
  const bar = new progress.SingleBar({
    stream: terminal.errorStream,
    clearOnComplete: true,
    hideCursor: false,
    linewrap: false,
    // Signals are handled in one place, and not by a library's process.once.
    gracefulExit: false,
    format: (_options, state, current) => line(state.progress, current as Payload),
  })
  bar.start(STEPS, 0, payload)
  return {
    update(counts, fractionDone) {
      payload = { counts, isSizeKnown: fractionDone !== null }
      steps = Math.round((fractionDone ?? 0) * STEPS)
      bar.update(steps, payload)
    },
    async aside(write) {
      if (!terminal.isOutputTerminal) return write()
      bar.stop()
      await write()
      bar.start(STEPS, steps, payload)
    },
    stop: () => bar.stop(),
  }
}

function line(fraction: number, { counts, isSizeKnown }: Payload): string {
  const found = `${counted(counts.carriers, 'carrier')}, ${counted(counts.streams, 'stream')}`
  const unreadable = counts.unreadable === 0 ? '' : `, ${counts.unreadable} unreadable`
  if (!isSizeKnown) return `scanning: ${found}${unreadable}`
  const full = Math.round(fraction * BAR_COLUMNS)
  const bar = '█'.repeat(full) + '░'.repeat(BAR_COLUMNS - full)
  return `${bar} ${Math.floor(fraction * 100)} %  ${found}${unreadable}`
}
