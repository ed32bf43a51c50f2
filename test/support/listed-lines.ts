/** A scan as NDJSON in the two ways there are: with the addon's lines, and record by record. */
import type { NativeHints } from '../../native/addon.ts'
import { chunksOf } from '../../native/scan.ts'
import { linesWithRows, tellNames } from '../../server/cli/lines-with-rows.ts'
import { toJson } from '../../server/cli/ndjson-listing.ts'
import { scanOptions } from '../../server/cli/scan-options.ts'
import { toRecord } from '../../server/cli/stream-record.ts'
import { addon } from './native.ts'

const REQUEST = scanOptions({ format: 'ndjson' })
const NO_EXTRAS = { hash: false, content: false, deleted: false }

export interface ListedLines {
  readonly text: string
  /** How many the addon finished. */
  readonly finished: number
}

export async function listedWithLines(
  target: string,
  hints: NativeHints = {},
  batchStreams = REQUEST.batchStreams,
): Promise<ListedLines> {
  const scan = addon.startScan(target, { ...REQUEST, hints, batchStreams })
  let text = ''
  let finished = 0
  for await (const { lines, streams } of chunksOf(scan)) {
    finished += lines!.count
    tellNames(scan, lines!.namesToCome)
    text += Buffer.from(linesWithRows(lines!, streams, scan)).toString('utf8')
  }
  return { text, finished }
}

export async function listedByRecords(target: string, hints: NativeHints = {}): Promise<string> {
  const scan = addon.startScan(target, { ...REQUEST, hints, lines: false })
  let text = ''
  for await (const { lines, streams } of chunksOf(scan)) {
    if (lines !== null) throw new Error('lines that nobody asked for')
    for (const stream of streams) text += `${toJson(toRecord(stream), NO_EXTRAS)}\n`
  }
  return text
}

/** In one order, for providers whose walk promises none. */
export const sorted = (text: string): string => text.split('\n').sort().join('\n')
