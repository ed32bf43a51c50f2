/** Puts the streams that the addon leaves to us among those whose lines it has finished. */
import type { NativeLines, NativeScan } from '../../native/addon.ts'
import type { ScannedStream } from '../../native/scan.ts'
import { judgeName } from '../streams/verdict.ts'
import { toJson } from './ndjson-listing.ts'
import { toRecord } from './stream-record.ts'

const NO_EXTRAS = { hash: false, content: false }

/** The addon remembers fewer; a scan of nothing but different names need not go on telling it. */
const MAX_NAMES = 10_000
const toldNames = new WeakMap<NativeScan, Set<string>>()

export function linesWithRows(
  { bytes, rowOffsets }: NativeLines,
  rows: readonly ScannedStream[],
  scan: NativeScan,
): Uint8Array {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const [i, row] of rows.entries()) {
    const offset = rowOffsets[i]!
    pieces.push(bytes.subarray(at, offset), Buffer.from(`${toJson(toRecord(row), NO_EXTRAS)}\n`))
    at = offset
    tellName(scan, row.name)
  }
  pieces.push(bytes.subarray(at))
  return Buffer.concat(pieces)
}

/** So that the next stream of this name is a line, unless there is more to it than its name. */
function tellName(scan: NativeScan, name: string): void {
  const told = toldNames.get(scan) ?? new Set()
  toldNames.set(scan, told)
  if (told.has(name) || told.size >= MAX_NAMES) return
  told.add(name)
  const verdict = judgeName(name)
  if (verdict !== null) scan.learnName(name, verdict)
}
