/**
 * The listing for people. Columns are as wide as the first rows need, and stay so: rows are written as
 * they are found, in chunks of one table that looks like one. On a terminal, long paths and names lose
 * their middle; elsewhere the path, being the last column, has any length.
 */
import { displayName } from '../streams/display-name.ts'
import { displayWidth, humanSize, shortenMiddle } from './human.ts'
import type { ListingWriter } from './listing-format.ts'
import { COLUMN_GAP, plainTable, renderPlain } from './plain-table.ts'
import type { StreamRecord } from './stream-record.ts'
import { colorVerdict } from './verdict-color.ts'
import { zoneName } from './zone-name.ts'

const HEADER = ['Size', 'Verdict', 'Zone', 'Stream', 'Path']
const SIZE_WIDTH = '1023 KiB'.length
const VERDICT_WIDTH = 'suspicious'.length
const ZONE_WIDTH = '4 restricted'.length
/** Rows that the widths are taken from. */
const FIRST_ROWS = 200
const NARROWEST_PATH = 16

export interface TableOptions {
  /** Null: not a terminal. */
  readonly columns: number | null
  readonly hasColor: boolean
}

export function tableListing(options: TableOptions): ListingWriter {
  let waiting: StreamRecord[] | null = []
  let widths: Widths | null = null
  const flush = (): string => {
    const rows = waiting ?? []
    waiting = null
    if (rows.length === 0) return ''
    widths = widthsFor(rows, options)
    return render(rows, widths, options, HEADER)
  }
  return {
    add(records) {
      if (widths !== null) return render([...records], widths, options, [])
      waiting?.push(...records)
      return (waiting?.length ?? 0) >= FIRST_ROWS ? flush() : ''
    },
    end: flush,
  }
}

interface Widths {
  readonly stream: number
  readonly path: number | null
}

function widthsFor(rows: readonly StreamRecord[], { columns }: TableOptions): Widths {
  const longest = Math.max(
    HEADER[3]!.length,
    ...rows.map((row) => displayWidth(displayName(row.stream))),
  )
  if (columns === null) return { stream: longest, path: null }
  const fixed = SIZE_WIDTH + VERDICT_WIDTH + ZONE_WIDTH + 4 * COLUMN_GAP.length
  const free = Math.max(2 * NARROWEST_PATH, columns - fixed)
  const stream = Math.min(longest, Math.max(NARROWEST_PATH, Math.floor(free / 3)))
  return { stream, path: free - stream }
}

function render(
  records: readonly StreamRecord[],
  widths: Widths,
  { hasColor }: TableOptions,
  head: string[],
): string {
  if (records.length === 0) return ''
  const table = plainTable({
    head,
    colWidths: [SIZE_WIDTH, VERDICT_WIDTH, ZONE_WIDTH, widths.stream, widths.path],
    colAligns: ['right', 'left', 'left', 'left', 'left'],
  })
  for (const record of records) {
    // No path of a volume begins so: a name holds no colon.
    const path = `${record.deleted ? 'deleted: ' : ''}${displayName(record.path)}`
    table.push([
      humanSize(record.size),
      hasColor ? colorVerdict(record.verdict) : record.verdict,
      record.zone?.id == null ? '' : zoneName(record.zone.id),
      shortenMiddle(displayName(record.stream), widths.stream),
      widths.path === null ? path : shortenMiddle(path, widths.path),
    ])
  }
  return renderPlain(table)
}
