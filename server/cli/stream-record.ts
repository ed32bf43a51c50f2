/** One stream as every format of the listing shows it. */
import type { ScannedStream } from '../../native/scan.ts'
import type { Origin, VerdictName } from '../protocol/stream.ts'
import { nanosecondsToTimestamp } from '../shared/clock.ts'
import { judge, type RuleName } from '../streams/verdict.ts'
import { isZoneIdentifierName, readZoneIdentifier } from '../streams/zone-identifier.ts'

export interface StreamRecord {
  readonly path: string
  readonly stream: string
  readonly size: bigint
  readonly kind: 'file' | 'directory'
  readonly allocated: bigint
  /** RFC 3339. */
  readonly modified: string
  readonly resident: boolean
  /** The file is gone, and the stream only what is left of it. */
  readonly deleted: boolean
  readonly zone: Origin | null
  readonly verdict: VerdictName
  readonly rule: RuleName
  readonly links: readonly string[]
  /** Null: not asked for, or not readable. */
  readonly sha256: string | null
  /** The first `MAX_CONTENT_BYTES`, if asked for. Null: not readable. */
  readonly content: Uint8Array | null
}

export function toRecord(found: ScannedStream): StreamRecord {
  const { content, kind, links, name, path, sha256, size } = found
  const isWhole = content !== null && BigInt(content.length) === size
  const zoneText = isWhole && isZoneIdentifierName(name) ? readZoneIdentifier(content) : undefined
  const zone = zoneText?.origin ?? null
  const { verdict, rule } = judge({
    stream: name,
    sizeBytes: Number(size),
    content,
    path,
    kind,
    origin: zone,
    zoneText,
  })
  return {
    path,
    stream: name,
    size,
    kind,
    allocated: found.allocated,
    modified: nanosecondsToTimestamp(found.modifiedNs),
    resident: found.isResident,
    deleted: found.isDeleted === true,
    zone,
    verdict,
    rule,
    links,
    sha256,
    content,
  }
}
