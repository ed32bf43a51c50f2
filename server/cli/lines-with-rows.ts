/** Puts the streams that the addon leaves to us among those whose lines it has finished. */
import type { NativeLines, NativeScan } from '../../native/addon.ts'
import type { ScannedStream } from '../../native/scan.ts'
import { judgeName } from '../streams/verdict.ts'
import { toJson } from './ndjson-listing.ts'
import { toRecord } from './stream-record.ts'

const NO_EXTRAS = { hash: false, content: false, deleted: false }

/** The addon remembers fewer; a scan of nothing but different names need not go on telling it. */
const MAX_NAMES = 10_000
const toldNames = new WeakMap<NativeScan, Set<string>>()

/** Holds until the next call. */
export function linesWithRows(
  { bytes, rowOffsets }: NativeLines,
  rows: readonly ScannedStream[],
  scan: NativeScan,
): Uint8Array {
  // First of all: the addon goes on meanwhile, and each name that it knows sooner spares us its rows.
  for (const { name } of rows) tellName(scan, name)
  if (rows.length === 0) return bytes
  const texts = rows.map((row) => `${toJson(toRecord(row), NO_EXTRAS)}\n`)
  const into = roomFor(texts.reduce((sum, text) => sum + Buffer.byteLength(text), bytes.length))
  let from = 0
  let to = 0
  for (const [i, text] of texts.entries()) {
    const lines = bytes.subarray(from, rowOffsets[i]!)
    into.set(lines, to)
    from += lines.length
    to += lines.length
    to += into.write(text, to)
  }
  const rest = bytes.subarray(from)
  into.set(rest, to)
  return into.subarray(0, to + rest.length)
}

/** One for all: fresh memory costs more than all that is copied to it. */
let room = Buffer.alloc(0)

function roomFor(count: number): Buffer {
  if (room.length < count) room = Buffer.allocUnsafeSlow(2 * count)
  return room
}

/** So that their streams, which are still to come, are lines. */
export function tellNames(scan: NativeScan, names: readonly string[]): void {
  for (const name of names) tellName(scan, name)
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
