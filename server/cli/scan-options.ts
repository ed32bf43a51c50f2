/** What a scan for a listing asks of the addon. */
import { availableParallelism } from 'node:os'
import type { NativeScanOptions } from '../../native/addon.ts'
import { MAX_ZONE_IDENTIFIER_BYTES } from '../streams/zone-identifier-limit.ts'
import { hintsOf } from './hints.ts'
import type { ListingFormat } from './listing-format.ts'

/** What every listing reads of each stream: enough for its verdict and its origin. */
export const JUDGED_BYTES = MAX_ZONE_IDENTIFIER_BYTES

/** What `--content` puts into one record. */
export const MAX_CONTENT_BYTES = 1024 * 1024

/** What of a scan's flags matters to the addon. */
export interface ScanRequest {
  readonly format: ListingFormat
  readonly hash?: true
  readonly content?: true
  readonly stream?: string
  readonly all?: true
  readonly deleted?: true
  readonly smbConf?: string
}

/** The addon ends a batch early when it gets large, so that these bound rows and not memory. */
const BATCH_ROWS = 250
const BATCH_LINES = 3_000

/** As many as the addon takes. */
const MAX_THREADS = 64

/** Whether the addon can write the lines: what leaves some out or adds to them needs the records. */
export function isMadeOfLines(request: ScanRequest): boolean {
  const { format, hash, content, stream, deleted } = request
  return format === 'ndjson' && !hash && !content && !deleted && stream === undefined
}

export function scanOptions(request: ScanRequest): NativeScanOptions {
  const { hash = false, content = false, all = false, deleted = false } = request
  const lines = isMadeOfLines(request)
  return {
    hash,
    contentBytes: content ? MAX_CONTENT_BYTES : JUDGED_BYTES,
    includeInternal: all,
    includeDeleted: deleted,
    exclude: [],
    batchStreams: lines ? BATCH_LINES : BATCH_ROWS,
    lines,
    threads: Math.min(availableParallelism(), MAX_THREADS),
    hints: hintsOf(request),
  }
}
