/** NDJSON and CSV of any list. Every name in them was chosen by whoever wrote it. */
import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { LiveRow } from '../../protocol/api/live-queries.ts'
import type { StreamRow } from '../../protocol/api/streams.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import { displayName } from '../../streams/display-name.ts'

export const ExportFormat = Type.Union([Type.Literal('ndjson'), Type.Literal('csv')], {
  default: 'ndjson',
})
type ExportFormat = 'ndjson' | 'csv'

type Pages<Row> = AsyncIterable<readonly Row[]>
type Cell = string | number | boolean | null

/** The columns of a list in CSV, in their order. NDJSON has the whole rows. */
export type Columns<Row> = Record<string, (row: Row) => Cell>

const REPORTED_COLUMNS: Columns<ReportedStream> = {
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
}

export const STREAM_COLUMNS: Columns<StreamRow> = {
  streamId: (row) => row.streamId,
  machineId: (row) => row.machineId,
  hostname: (row) => row.hostname,
  ...REPORTED_COLUMNS,
  firstSeenAt: (row) => row.firstSeenAt,
  lastSeenAt: (row) => row.lastSeenAt,
  goneAt: (row) => row.goneAt,
}

export const LIVE_ROW_COLUMNS: Columns<LiveRow> = {
  machineId: (row) => row.machineId,
  hostname: (row) => row.hostname,
  ...REPORTED_COLUMNS,
}

/** What makes a spreadsheet take a cell for a formula, at its start. */
const FORMULA_START = /^[=+\-@\t\r]/

export function sendExport<Row extends object>(
  reply: FastifyReply,
  name: string,
  format: ExportFormat,
  columns: Columns<Row>,
  pages: Pages<Row>,
): FastifyReply {
  const isCsv = format === 'csv'
  return reply
    .type(isCsv ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
    .header('content-disposition', `attachment; filename="${name}.${format}"`)
    .send(Readable.from(isCsv ? toCsv(pages, columns) : toNdjson(pages)))
}

/** A list that is for machines alone. */
export function sendNdjson(reply: FastifyReply, name: string, pages: Pages<object>): FastifyReply {
  return sendExport(reply, name, 'ndjson', {}, pages)
}

/** JSON.stringify escapes unpaired surrogates, so that a line is UTF-8 and exact. */
export async function* toNdjson(pages: Pages<object>): AsyncGenerator<string> {
  for await (const rows of pages) {
    if (rows.length > 0) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  }
}

/** RFC 4180. */
export async function* toCsv<Row>(
  pages: Pages<Row>,
  columns: Columns<Row>,
): AsyncGenerator<string> {
  const format = { record_delimiter: '\r\n' } as const
  yield stringify([Object.keys(columns)], format)
  const readers = Object.values(columns)
  for await (const rows of pages) {
    if (rows.length === 0) continue
    yield stringify(
      rows.map((row) => readers.map((read) => toCell(read(row)))),
      format,
    )
  }
}

/** Text that shows what it is: no formula, no control or bidirectional character, no broken UTF-16. */
export function toCell(value: Cell): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const shown = displayName(value)
  return FORMULA_START.test(value) ? `'${shown}` : shown
}

const EXPORT_PAGE = 500

/** Every row of a listing, page by page. The first one is read before this resolves, so that what is wrong is told. */
export async function pagesOf<Row>(
  read: (page: { cursor?: string | undefined; limit: number }) => Promise<{
    rows: readonly Row[]
    cursor: string | null
  }>,
): Promise<Pages<Row>> {
  const first = await read({ limit: EXPORT_PAGE })
  return (async function* () {
    let page = first
    while (true) {
      yield page.rows
      if (page.cursor === null) return
      page = await read({ cursor: page.cursor, limit: EXPORT_PAGE })
    }
  })()
}
