/** `sidestream scan TARGET…`: lists the streams of volumes, images, folders and files. */
import { performance } from 'node:perf_hooks'
import type { NativeAddon, NativeScanOptions } from '../../native/addon.ts'
import type { ScannedStream } from '../../native/scan.ts'
import { globMatcher } from '../shared/glob.ts'
import { displayName } from '../streams/display-name.ts'
import { describeError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { hintsOf } from './hints.ts'
import { counted, humanCount } from './human.ts'
import type { ListingFormat, ListingWriter } from './listing-format.ts'
import { nativeAddon } from './native-addon.ts'
import { ndjsonListing } from './ndjson-listing.ts'
import { NO_PROGRESS, type ScanProgressBar } from './progress-bar.ts'
import { type ScanCounts, scanOne } from './scan-targets.ts'
import { JUDGED_BYTES, MAX_CONTENT_BYTES, type StreamRecord, toRecord } from './stream-record.ts'
import { Interrupted, type Terminal } from './terminal.ts'
import { UnreadableReport } from './unreadable-report.ts'

export interface ScanFlags {
  readonly format: ListingFormat
  readonly hash?: true
  readonly content?: true
  readonly stream?: string
  readonly all?: true
  readonly errors?: string
  readonly smbConf?: string
  readonly progress: boolean
  readonly verbose?: true
}

/** The addon ends a batch early when it gets large, so that this bounds rows and not memory. */
const BATCH_STREAMS = 250

export async function runScan(
  targets: readonly string[],
  flags: ScanFlags,
  terminal: Terminal,
): Promise<number> {
  const startedAt = performance.now()
  const addon = nativeAddon()
  const unreadable = new UnreadableReport(flags.errors)
  const counts: ScanCounts = { carriers: 0, streams: 0, shown: 0, unreadable: 0 }
  const writer = await listingWriter(flags, terminal)
  const bar = await progressBar(flags, terminal)
  let failed = 0
  try {
    for (const target of targets) {
      const pass = { addon, target, flags, terminal, counts, writer, bar, unreadable }
      if (!(await scanInto(pass))) failed += 1
    }
    await bar.aside(() => terminal.write(writer.end()))
  } catch (error) {
    bar.stop()
    // What was found is true; the line says that there may be more.
    if (error instanceof Interrupted && error.signal !== 'SIGPIPE') {
      await terminal.write(writer.end())
      terminal.note(
        `sidestream: cancelled: ${summary(counts, startedAt)}; the listing is incomplete`,
      )
    }
    throw error
  }
  bar.stop()
  for (const line of unreadable.close()) terminal.note(line)
  // After nothing but failures, "0 streams" would read like an answer.
  if (failed === targets.length && counts.carriers === 0) return ExitCode.failed
  const rest = failed === 0 ? '' : `; ${failed} of ${counted(targets.length, 'target')} failed`
  terminal.note(`${summary(counts, startedAt)}${rest}`)
  if (failed > 0) return ExitCode.failed
  return counts.unreadable > 0 ? ExitCode.someUnreadable : ExitCode.complete
}

interface Pass {
  readonly addon: NativeAddon
  readonly target: string
  readonly flags: ScanFlags
  readonly terminal: Terminal
  readonly counts: ScanCounts
  readonly writer: ListingWriter
  readonly bar: ScanProgressBar
  readonly unreadable: UnreadableReport
}

/** False: the target as a whole failed, which was said. Others may still be scanned. */
async function scanInto(pass: Pass): Promise<boolean> {
  const { addon, target, flags, terminal, counts, writer, bar, unreadable } = pass
  const isShown = flags.stream === undefined ? () => true : globMatcher(flags.stream)
  const carriersBefore = counts.carriers
  try {
    if (flags.verbose) await describeTarget(pass)
    await scanOne(addon, target, scanOptions(flags), terminal.signal, {
      async streams(found: readonly ScannedStream[]) {
        counts.streams += found.length
        const text = writer.add(shownRecords(found, isShown, counts))
        if (text !== '') await bar.aside(() => terminal.write(text))
      },
      unreadable(from, places) {
        counts.unreadable += places.length
        unreadable.add(from, places)
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

/** One record at a time: what is not kept costs the garbage collector nothing. */
function* shownRecords(
  found: readonly ScannedStream[],
  isShown: (streamName: string) => boolean,
  counts: ScanCounts,
): Generator<StreamRecord> {
  for (const stream of found) {
    if (!isShown(stream.name)) continue
    counts.shown += 1
    yield toRecord(stream)
  }
}

function scanOptions(flags: ScanFlags): NativeScanOptions {
  return {
    hash: flags.hash === true,
    contentBytes: flags.content ? MAX_CONTENT_BYTES : JUDGED_BYTES,
    includeInternal: flags.all === true,
    exclude: [],
    batchStreams: BATCH_STREAMS,
    hints: hintsOf(flags),
  }
}

async function describeTarget({ addon, target, flags, terminal }: Pass): Promise<void> {
  const found = await addon.probe(target, hintsOf(flags))
  const label = found.label === '' ? '' : ` “${displayName(found.label)}”`
  terminal.note(
    `${displayName(target)}: ${found.kind} on ${found.fileSystem}${label}, read with ${found.provider}, ${found.volumeId}`,
  )
}

/** Each format is loaded only when it is asked for: starting must stay quick. */
async function listingWriter(flags: ScanFlags, terminal: Terminal): Promise<ListingWriter> {
  const extras = { hash: flags.hash === true, content: flags.content === true }
  if (flags.format === 'ndjson') return ndjsonListing(extras)
  if (flags.format === 'csv') {
    const { csvListing } = await import('./csv-listing.ts')
    return csvListing(extras)
  }
  const { tableListing } = await import('./table-listing.ts')
  return tableListing({ columns: terminal.columns, hasColor: terminal.hasColor })
}

async function progressBar(flags: ScanFlags, terminal: Terminal): Promise<ScanProgressBar> {
  if (!flags.progress || !terminal.isErrorTerminal) return NO_PROGRESS
  const { scanProgressBar } = await import('./scan-progress.ts')
  return scanProgressBar(terminal)
}

function summary(counts: ScanCounts, startedAt: number): string {
  const elapsed = (performance.now() - startedAt) / 1000
  const seconds = elapsed.toFixed(elapsed < 10 ? 2 : 0)
  const shown = counts.shown === counts.streams ? '' : ` (${humanCount(counts.shown)} shown)`
  return (
    `scanned ${counted(counts.carriers, 'carrier')}: ${counted(counts.streams, 'stream')}${shown}, ` +
    `${humanCount(counts.unreadable)} unreadable in ${seconds} s`
  )
}
