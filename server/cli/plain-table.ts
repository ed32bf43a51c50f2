/** Tables without lines: they copy well into a ticket, and a narrow terminal has room for more of them. */
import Table from 'cli-table3'

export const COLUMN_GAP = '  '

export function plainTable(options: Table.TableConstructorOptions): Table.Table {
  return new Table({
    ...options,
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  })
}

/** The last column needs no padding, and a copied line no blanks at its end. */
export function renderPlain(table: Table.Table): string {
  return `${table.toString().replace(/ +$/gm, '')}\n`
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: COLUMN_GAP,
}
