/** Rows of any list that central answers with, as people or programs want them. */
import { stringify } from 'csv-stringify/sync'
import { displayName } from '../streams/display-name.ts'
import type { ListingFormat } from './listing-format.ts'
import { plainTable, renderPlain } from './plain-table.ts'

type Cell = string | number | null

/** Heading → value. NDJSON has the whole rows instead. */
export type RowColumns<Row> = Record<string, (row: Row) => Cell>

const TABLE_ROWS = 10_000

/** Names in tables and CSV were chosen by whoever wrote them: they show what they are. */
export function rowsText<Row extends object>(
  rows: readonly Row[],
  columns: RowColumns<Row>,
  format: ListingFormat,
): string {
  if (format === 'ndjson') return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const cells = (row: Row) => Object.values(columns).map((read) => shown(read(row)))
  if (format === 'csv') {
    const options = { escape_formulas: true, record_delimiter: '\r\n' } as const
    return stringify([Object.keys(columns), ...rows.map(cells)], options)
  }
  const table = plainTable({ head: Object.keys(columns) })
  for (const row of rows.slice(0, TABLE_ROWS)) table.push(cells(row))
  return renderPlain(table)
}

function shown(value: Cell): string {
  return value === null ? '' : displayName(String(value))
}
