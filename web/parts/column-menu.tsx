/** Which columns of a table are shown: chosen here, kept in this browser. */
import { hiddenColumns, toggleColumn } from '../model/column-choice.ts'
import type { Column } from './grid.tsx'
import { Menu } from './menu.tsx'

interface ColumnMenuProps<Row> {
  table: string
  columns: readonly Column<Row>[]
}

export function ColumnMenu<Row>({ table, columns }: ColumnMenuProps<Row>) {
  const hidden = hiddenColumns(table)
  const shownCount = columns.filter(({ id }) => !hidden.has(id)).length
  return (
    <Menu label="Columns">
      <fieldset class="checks">
        <legend>Shown columns</legend>
        {columns.map(({ id, label }) => (
          <label class="check" key={id}>
            <input
              type="checkbox"
              checked={!hidden.has(id)}
              // The last one stays, or there would be no table to look at.
              disabled={!hidden.has(id) && shownCount === 1}
              onChange={() => toggleColumn(table, id)}
            />
            {label}
          </label>
        ))}
      </fieldset>
    </Menu>
  )
}
