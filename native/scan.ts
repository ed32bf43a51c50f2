/**
 * A scan as plain TypeScript: the columns of `NativeBatch` decoded into rows, one chunk at a time.
 *
 * The caller's pace is the scan's: nothing is read ahead beyond the few batches the addon keeps. Leaving
 * the loop early (`break`, `throw`, `return()`) or the signal cancels the scan.
 */
import type {
  NativeAddon,
  NativeBatch,
  NativeLines,
  NativeScan,
  NativeScanOptions,
  NativeUnreadable,
} from './addon.ts'

/** One stream. Field for field as in {@link NativeBatch}, see there for units and forms. */
export interface ScannedStream {
  readonly path: string
  /** All paths of the carrier, `path` included. */
  readonly links: readonly string[]
  readonly name: string
  readonly identity: string
  readonly size: bigint
  readonly allocated: bigint
  readonly modifiedNs: bigint
  readonly kind: 'file' | 'directory'
  readonly isResident: boolean
  /** Of a file that is no more; only where `includeDeleted` asked for such. */
  readonly isDeleted?: boolean
  /** It has names that are not among `links`: not met, or outside of what was scanned. */
  readonly hasMoreLinks?: boolean
  /** Lower-case hex. Null: not asked for, or not readable (then it is among `unreadable`). */
  readonly sha256: string | null
  /** The stream's first bytes. Null: not asked for, or not readable. */
  readonly content: Uint8Array | null
}

export interface ScanChunk {
  readonly streams: readonly ScannedStream[]
  /** What comes as finished lines instead. Holds only until the next chunk is asked for. */
  readonly lines: NativeLines | null
  readonly unreadable: readonly NativeUnreadable[]
}

const FLAG_DIRECTORY = 1
const FLAG_RESIDENT = 2
const FLAG_SHA256 = 4
const FLAG_CONTENT = 8
const FLAG_DELETED = 16
const FLAG_MORE_LINKS = 32
const SHA256_BYTES = 32

/**
 * Scans `path`. Throws a `NativeError` if the scan as a whole fails, and the signal's reason if it is
 * aborted; what single files hid is in the chunks' `unreadable`.
 */
export async function* scanTarget(
  addon: Pick<NativeAddon, 'startScan'>,
  path: string,
  options: NativeScanOptions,
  signal?: AbortSignal,
): AsyncGenerator<ScanChunk, void, undefined> {
  signal?.throwIfAborted()
  yield* chunksOf(addon.startScan(path, options), signal)
}

/** The same of a scan that was started before. */
export async function* chunksOf(
  scan: NativeScan,
  signal?: AbortSignal,
): AsyncGenerator<ScanChunk, void, undefined> {
  const cancel = () => scan.cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    while (true) {
      signal?.throwIfAborted()
      const batch = await scan.next()
      signal?.throwIfAborted()
      if (batch === null) return
      yield { streams: decodeRows(batch), lines: batch.lines, unreadable: batch.unreadable }
    }
  } catch (error) {
    // The scan's own ADS_CANCELLED says less than why the caller aborted.
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', cancel)
    scan.cancel()
  }
}

function decodeRows(batch: NativeBatch): ScannedStream[] {
  const rows: ScannedStream[] = []
  for (let row = 0; row < batch.count; row++) rows.push(decodeRow(batch, row))
  return rows
}

function decodeRow(batch: NativeBatch, row: number): ScannedStream {
  const flags = batch.flags[row]!
  const has = (flag: number) => (flags & flag) !== 0
  const path = textAt(batch.paths, batch.pathEnds, row)
  return {
    path,
    links: linksAt(batch, row, path),
    name: textAt(batch.names, batch.nameEnds, row),
    identity: textAt(batch.identities, batch.identityEnds, row),
    size: batch.sizes[row]!,
    allocated: batch.allocated[row]!,
    modifiedNs: batch.modifiedNs[row]!,
    kind: has(FLAG_DIRECTORY) ? 'directory' : 'file',
    isResident: has(FLAG_RESIDENT),
    isDeleted: has(FLAG_DELETED),
    hasMoreLinks: has(FLAG_MORE_LINKS),
    sha256: has(FLAG_SHA256) ? digestAt(batch.sha256, row) : null,
    content: has(FLAG_CONTENT) ? contentAt(batch, row) : null,
  }
}

function textAt(column: string, ends: Uint32Array, row: number): string {
  return column.slice(row === 0 ? 0 : ends[row - 1]!, ends[row]!)
}

function linksAt(batch: NativeBatch, row: number, path: string): string[] {
  const links = textAt(batch.links, batch.linkEnds, row)
  return links === '' ? [path] : links.split('\0')
}

function digestAt(column: Uint8Array, row: number): string {
  const start = column.byteOffset + row * SHA256_BYTES
  return Buffer.from(column.buffer, start, SHA256_BYTES).toString('hex')
}

/**
 * Copies, several to one block: a view would keep the whole batch's content in memory for as long as one
 * row lives, and a buffer of its own for each row would cost more than all else about the row.
 */
function contentAt(batch: NativeBatch, row: number): Uint8Array {
  const start = row === 0 ? 0 : batch.contentEnds[row - 1]!
  const bytes = batch.content.subarray(start, batch.contentEnds[row]!)
  if (bytes.length > CONTENT_BLOCK_BYTES / 4) return bytes.slice()
  if (bytes.length > block.length - blockUsed) {
    block = new Uint8Array(CONTENT_BLOCK_BYTES)
    blockUsed = 0
  }
  const copy = block.subarray(blockUsed, blockUsed + bytes.length)
  copy.set(bytes)
  blockUsed += bytes.length
  return copy
}

const CONTENT_BLOCK_BYTES = 16 * 1024
let block = new Uint8Array(0)
let blockUsed = 0
