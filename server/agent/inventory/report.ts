/**
 * Turns a stream as the disk code found it into the report that central gets. Every value was chosen by
 * whoever wrote the disk, so the result is checked against the schema: one report that central must
 * refuse would close the link again and again.
 */
import { Compile } from 'typebox/compile'
import type { ScannedStream } from '../../../native/scan.ts'
import type { FileIdentity, VolumeId } from '../../protocol/ids.ts'
import { MAX_LINKS } from '../../protocol/limits.ts'
import { ReportedStream } from '../../protocol/stream.ts'
import { nanosecondsToTimestamp } from '../../shared/clock.ts'
import { judge } from '../../streams/verdict.ts'
import { parseZoneIdentifier } from '../../streams/zone-identifier.ts'
import { MAX_ZONE_IDENTIFIER_BYTES } from '../../streams/zone-identifier-limit.ts'

/** How much of each stream a scan must read along: enough for every verdict and a whole origin. */
export const CONTENT_BYTES = MAX_ZONE_IDENTIFIER_BYTES

/** 1,024 links of the longest path would be 200 MB of JSON: far over any frame. */
const MAX_LINKS_UNITS = 128 * 1024

const MAX_SIZE = BigInt(Number.MAX_SAFE_INTEGER)
const validator = Compile(ReportedStream)

export interface ReportLimits {
  /** Streams above this are reported without hash, so that no order can name what could not be put back. */
  readonly hashLimitBytes: number
}

/** Null: no report can say it, e.g. a path longer than NTFS allows. Such a place counts as unreadable. */
export function toReport(
  volumeId: VolumeId,
  found: ScannedStream,
  limits: ReportLimits,
): ReportedStream | null {
  const sizeBytes = clamp(found.size)
  const content = found.content
  const origin =
    content !== null && isZoneIdentifier(found.name) && BigInt(content.length) === found.size
      ? parseZoneIdentifier(content)
      : null
  const { name: stream, path, kind } = found
  const { verdict, rule } = judge({ stream, sizeBytes, content, path, kind, origin })
  const report: ReportedStream = {
    volumeId,
    identity: found.identity as FileIdentity,
    stream,
    path,
    links: boundedLinks(path, found.links),
    kind,
    sizeBytes,
    allocatedBytes: clamp(found.allocated),
    isResident: found.isResident,
    modifiedAt: nanosecondsToTimestamp(found.modifiedNs),
    sha256: sizeBytes > limits.hashLimitBytes ? null : found.sha256,
    origin,
    verdict,
    rule,
  }
  return validator.Check(report) ? report : null
}

function isZoneIdentifier(name: string): boolean {
  return name.toLowerCase() === 'zone.identifier'
}

/** In one order always, or a scan that lists the links otherwise would look like a change. */
function boundedLinks(path: string, links: readonly string[]): string[] {
  const kept = [path]
  let units = path.length
  for (const link of [...new Set(links)].sort()) {
    if (link === path || link === '') continue
    units += link.length
    if (kept.length === MAX_LINKS || units > MAX_LINKS_UNITS) break
    kept.push(link)
  }
  return kept
}

function clamp(bytes: bigint): number {
  return Number(bytes > MAX_SIZE ? MAX_SIZE : bytes)
}
