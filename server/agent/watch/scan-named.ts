/** Reads some carriers and nothing else, as reports, with what could not be read beside them. */
import type { NativeAddon } from '../../../native/addon.ts'
import { scanTarget } from '../../../native/scan.ts'
import type { VolumeId } from '../../protocol/ids.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import { RootCoverage } from '../inventory/coverage.ts'
import { CONTENT_BYTES, type ReportLimits, toReport } from '../inventory/report.ts'
import type { Scope } from '../scan/scope.ts'

/** With 32 KiB of content each, a batch stays below 8 MiB. */
const BATCH_STREAMS = 250

export interface LookTools {
  readonly addon: NativeAddon
  readonly scope: Scope
  readonly limits: ReportLimits
}

/** A scope root, as it was probed when its watch began. */
export interface LookedRoot {
  readonly root: string
  readonly volumeId: VolumeId
  readonly isImage: boolean
}

export interface NamedCarriers {
  readonly reports: ReportedStream[]
  /** Identities of carriers that have names beyond those that were asked for. */
  readonly withMoreLinks: Set<string>
  readonly coverage: RootCoverage
}

export async function scanNamed(
  { addon, scope, limits }: LookTools,
  { root, volumeId, isImage }: LookedRoot,
  carriers: readonly string[],
  signal: AbortSignal,
): Promise<NamedCarriers> {
  const coverage = new RootCoverage(root, volumeId, isImage)
  const found: NamedCarriers = { reports: [], withMoreLinks: new Set(), coverage }
  if (carriers.length > 0) {
    const options = {
      carriers,
      hash: true,
      contentBytes: CONTENT_BYTES,
      includeInternal: false,
      exclude: scope.exclude,
      batchStreams: BATCH_STREAMS,
      background: true,
      hints: scope.hints,
    }
    for await (const chunk of scanTarget(addon, root, options, signal)) {
      for (const stream of chunk.streams) {
        const report = toReport(volumeId, stream, limits)
        if (report) found.reports.push(report)
        else coverage.addUnreadable(stream.path, stream.name)
        if (stream.hasMoreLinks) found.withMoreLinks.add(stream.identity)
      }
      for (const place of chunk.unreadable) coverage.addUnreadable(place.path, place.stream)
    }
  }
  coverage.complete()
  return found
}

/** Of the known streams, those that this look should have found and did not. */
export function goneAmong(
  known: Iterable<ReportedStream>,
  present: readonly ReportedStream[],
  wasLookedAt: (stream: ReportedStream) => boolean,
): ReportedStream[] {
  const seen = new Set(present.map(keyOf))
  return [...known].filter((stream) => !seen.has(keyOf(stream)) && wasLookedAt(stream))
}

export function keyOf({ identity, stream }: ReportedStream): string {
  return `${identity}\0${stream}`
}
