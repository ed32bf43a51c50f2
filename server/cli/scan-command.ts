/** `sidestream scan TARGET…`: lists the streams of volumes, images, folders and files. */
import type { NativeAddon, NativeScan } from '../../native/addon.ts'
import { displayName } from '../streams/display-name.ts'
import { describeError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { followScan, type ScanCounts } from './follow-scan.ts'
import { hintsOf } from './hints.ts'
import { counted, humanCount } from './human.ts'
import type { ListingFormat } from './listing-format.ts'
import { nativeAddon } from './native-addon.ts'
import { NO_PROGRESS, type ScanProgressBar } from './progress-bar.ts'
import { type ScanListing, scanListing } from './scan-listing.ts'
import { scanOptions } from './scan-options.ts'
import { Interrupted, type Terminal } from './terminal.ts'
import { UnreadableReport } from './unreadable-report.ts'

export interface ScanFlags {
  readonly format: ListingFormat
  readonly hash?: true
  readonly content?: true
  readonly stream?: string
  readonly all?: true
  readonly deleted?: true
  readonly errors?: string
  readonly smbConf?: string
  readonly progress: boolean
  readonly verbose?: true
}

/** `begun`: the scan of the first target with these flags, where it has begun already. */
export async function runScan(
  targets: readonly string[],
  flags: ScanFlags,
  terminal: Terminal,
  begun: NativeScan | null = null,
): Promise<number> {
  const addon = nativeAddon()
  const unreadable = new UnreadableReport(flags.errors)
  const counts: ScanCounts = { carriers: 0, streams: 0, shown: 0, unreadable: 0 }
  const listing = await scanListing(flags, terminal)
  const bar = await progressBar(flags, terminal)
  let failed = 0
  try {
    for (const [i, target] of targets.entries()) {
      const pass = { addon, target, flags, terminal, counts, listing, bar, unreadable }
      if (!(await scanInto(pass, i === 0 ? begun : null))) failed += 1
    }
    await bar.aside(() => terminal.write(listing.end()))
  } catch (error) {
    bar.stop()
    // What was found is true; the line says that there may be more.
    if (error instanceof Interrupted && error.signal !== 'SIGPIPE') {
      await terminal.write(listing.end())
      terminal.note(`sidestream: cancelled: ${summary(counts)}; the listing is incomplete`)
    }
    throw error
  }
  bar.stop()
  for (const line of unreadable.close()) terminal.note(line)
  // After nothing but failures, "0 streams" would read like an answer.
  if (failed === targets.length && counts.carriers === 0) return ExitCode.failed
  const rest = failed === 0 ? '' : `; ${failed} of ${counted(targets.length, 'target')} failed`
  terminal.note(`${summary(counts)}${rest}`)
  if (failed > 0) return ExitCode.failed
  return counts.unreadable > 0 ? ExitCode.someUnreadable : ExitCode.complete
}

interface Pass {
  readonly addon: NativeAddon
  readonly target: string
  readonly flags: ScanFlags
  readonly terminal: Terminal
  readonly counts: ScanCounts
  readonly listing: ScanListing
  readonly bar: ScanProgressBar
  readonly unreadable: UnreadableReport
}

/** False: the target as a whole failed, which was said. Others may still be scanned. */
async function scanInto(pass: Pass, begun: NativeScan | null): Promise<boolean> {
  const { addon, target, flags, terminal, counts, listing, bar, unreadable } = pass
  const carriersBefore = counts.carriers
  try {
    if (flags.verbose) await describeTarget(pass)
    const scan = begun ?? addon.startScan(target, scanOptions(flags))
    await followScan(scan, terminal.signal, {
      async chunk(chunk) {
        counts.unreadable += chunk.unreadable.length
        unreadable.add(target, chunk.unreadable)
        counts.streams += chunk.streams.length + (chunk.lines?.count ?? 0)
        const { text, shown } = await listing.add(chunk, scan)
        counts.shown += shown
        if (text.length > 0) await bar.aside(() => terminal.write(text))
      },
      progress(carriers, fractionDone) {
        counts.carriers = carriersBefore + carriers
        bar.update(counts, fractionDone)
      },
    })
    return true
  } catch (error) {
    if (terminal.signal.aborted) throw terminal.signal.reason
    if (error instanceof Interrupted) throw error
    await bar.aside(async () => terminal.note(`sidestream: ${describeError(error)}`))
    if (flags.verbose && error instanceof Error) terminal.note(error.stack ?? '')
    return false
  }
}

async function describeTarget({ addon, target, flags, terminal }: Pass): Promise<void> {
  const found = await addon.probe(target, hintsOf(flags))
  const label = found.label === '' ? '' : ` “${displayName(found.label)}”`
  terminal.note(
    `${displayName(target)}: ${found.kind} on ${found.fileSystem}${label}, read with ${found.provider}, ${found.volumeId}`,
  )
}

async function progressBar(flags: ScanFlags, terminal: Terminal): Promise<ScanProgressBar> {
  if (!flags.progress || !terminal.isErrorTerminal) return NO_PROGRESS
  const { scanProgressBar } = await import('./scan-progress.ts')
  return scanProgressBar(terminal)
}

function summary(counts: ScanCounts): string {
  // Since the process started, as that is how long somebody has waited.
  const elapsed = process.uptime()
  const seconds = elapsed.toFixed(elapsed < 10 ? 2 : 0)
  const shown = counts.shown === counts.streams ? '' : ` (${humanCount(counts.shown)} shown)`
  return (
    `scanned ${counted(counts.carriers, 'carrier')}: ${counted(counts.streams, 'stream')}${shown}, ` +
    `${humanCount(counts.unreadable)} unreadable in ${seconds} s`
  )
}
