/** NDJSON and CSV of stream rows. Every name in them was chosen by whoever wrote the stream. */
import { stringify } from 'csv-stringify/sync'
import type { StreamRow } from '../../protocol/api/streams.ts'
import { displayName } from '../../streams/display-name.ts'

type Pages = AsyncIterable<StreamRow[]>
type Cell = string | number | boolean | null

const COLUMNS: Record<string, (row: StreamRow) => Cell> = {
  streamId: (row) => row.streamId,
  machineId: (row) => row.machineId,
  hostname: (row) => row.hostname,
  volumeId: (row) => row.volumeId,
  path: (row) => row.path,
  stream: (row) => row.stream,
  kind: (row) => row.kind,
  sizeBytes: (row) => row.sizeBytes,
  modifiedAt: (row) => row.modifiedAt,
  sha256: (row) => row.sha256,
  verdict: (row) => row.verdict,
  rule: (row) => row.rule,
  zone: (row) => row.origin?.id ?? null,
  hostUrl: (row) => row.origin?.hostUrl ?? null,
  referrerUrl: (row) => row.origin?.referrerUrl ?? null,
  firstSeenAt: (row) => row.firstSeenAt,
  lastSeenAt: (row) => row.lastSeenAt,
  goneAt: (row) => row.goneAt,
}

/** What makes a spreadsheet take a cell for a formula, at its start. */
const FORMULA_START = /^[=+\-@\t\r]/

/** JSON.stringify escapes unpaired surrogates, so that a line is UTF-8 and exact. */
export async function* toNdjson(pages: Pages): AsyncGenerator<string> {
  for await (const rows of pages) {
    yield rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  }
}

/** RFC 4180. */
export async function* toCsv(pages: Pages): AsyncGenerator<string> {
  const format = { record_delimiter: '\r\n' } as const
  yield stringify([Object.keys(COLUMNS)], format)
  for await (const rows of pages) {
    yield stringify(rows.map(toCells), format)
  }
}

function toCells(row: StreamRow): string[] {
  return Object.values(COLUMNS).map((read) => toCell(read(row)))
}

/** Text that shows what it is: no formula, no control or bidirectional character, no broken UTF-16. */
export function toCell(value: Cell): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const shown = displayName(value)
  return FORMULA_START.test(value) ? `'${shown}` : shown
}
