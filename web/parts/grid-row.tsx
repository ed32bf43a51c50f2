// biome-ignore-all lint/a11y/useSemanticElements: the rows of a <table> cannot be drawn only where they are seen
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid is the one tab stop; aria-activedescendant says the rest
import { useMemo } from 'preact/hooks'
import type { Column, GridSelection } from './grid.tsx'

interface GridRowProps<Row> {
  id: string
  row: Row
  index: number
  top: number
  isActive: boolean
  className: string
  columns: readonly Column<Row>[]
  selection: GridSelection<Row> | undefined
  onPoint: () => void
  onOpen: ((row: Row) => void) | undefined
}

export function GridRow<Row>(props: GridRowProps<Row>) {
  const { row, columns, selection, onOpen } = props
  const isChosen = selection?.has(row) ?? false

  const choose = (event: MouseEvent) => {
    props.onPoint()
    if (event.shiftKey) selection?.extendTo(row)
    else selection?.toggle(row)
    // The element will show another row after a scroll; a key pressed then must not choose that one.
    const grid = (event.currentTarget as Element).closest<HTMLElement>('[role=grid]')
    grid?.focus({ preventScroll: true })
  }
  // Scrolling redraws all rows that are seen; only those that show another row are worth the work.
  const cells = useMemo(
    () =>
      columns.map((column) => (
        <div
          key={column.id}
          class={`grid-cell ${column.isNumber ? 'is-number' : ''}`}
          role="gridcell"
        >
          {column.cell(row)}
        </div>
      )),
    [row, columns],
  )
  const states = `${props.isActive ? 'is-active' : ''} ${isChosen ? 'is-chosen' : ''}`

  return (
    <div
      id={props.id}
      class={`grid-row ${states} ${props.className}`}
      role="row"
      aria-rowindex={props.index + 2}
      aria-selected={selection ? isChosen : undefined}
      style={{ transform: `translateY(${props.top}px)` }}
      onMouseDown={props.onPoint}
      onDblClick={(event) => {
        if (!(event.target as Element).closest('a, input')) onOpen?.(row)
      }}
    >
      {selection && (
        <div class="grid-cell is-check" role="gridcell">
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Choose ${selection.labelOf(row)}`}
            checked={isChosen}
            onClick={choose}
          />
        </div>
      )}
      {cells}
    </div>
  )
}
