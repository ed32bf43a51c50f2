// biome-ignore-all lint/a11y/useSemanticElements: the rows of a <table> cannot be drawn only where they are seen
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid is the one tab stop; aria-activedescendant says the rest
/**
 * The console's one table: any number of rows of equal height, of which only the visible are in the
 * document. An ARIA grid with one tab stop: the arrow keys move the active row, Space chooses it, Shift
 * chooses ranges, Enter opens it.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { movedIndex } from '../model/grid-keys.ts'
import { GridRow } from './grid-row.tsx'
import { slotCount, useVirtualRows } from './use-virtual-rows.ts'

export const ROW_HEIGHT = 31
const HEAD_HEIGHT = 32
/** Ask for more this many rows before the end, so that scrolling seldom waits. */
const NEAR_END_ROWS = 60

export interface Column<Row> {
  id: string
  label: string
  /** A CSS grid track. */
  width: string
  isNumber?: boolean
  cell: (row: Row) => ComponentChildren
}

export interface GridSelection<Row> {
  has: (row: Row) => boolean
  toggle: (row: Row) => void
  /** Chooses the range up to `row`; `from` is where a new range begins. */
  extendTo: (row: Row, from?: Row) => void
  toggleAll: () => void
  clear: () => void
  /** Of the rows that are loaded. */
  state: 'none' | 'some' | 'all'
  labelOf: (row: Row) => string
}

export interface GridProps<Row> {
  label: string
  /** A new key is another list: back to the top. */
  listKey: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string | number
  rowClass?: (row: Row) => string
  /** Of the whole list; null where unknown. */
  total: number | null
  isBusy?: boolean
  onOpen?: (row: Row) => void
  onNearEnd?: () => void
  selection?: GridSelection<Row>
  /** Below the rows, or instead of them: loading, empty and failed states. */
  children?: ComponentChildren
}

export function Grid<Row>(props: GridProps<Row>) {
  const { rows, rowKey, selection, columns } = props
  const scrollRef = useRef<HTMLDivElement>(null)
  const id = useId()
  const [activeKey, setActiveKey] = useState<string | number | null>(null)
  const activeIndex = activeKey === null ? -1 : rows.findIndex((row) => rowKey(row) === activeKey)
  const virtual = useVirtualRows({
    count: rows.length,
    rowHeight: ROW_HEIGHT,
    headHeight: HEAD_HEIGHT,
    scrollRef,
  })
  const items = virtual.getVirtualItems()
  const slots = slotCount(virtual, ROW_HEIGHT)
  useStableScroll(scrollRef, props)

  useNearEnd(items.at(-1)?.index ?? -1, rows.length, props.onNearEnd)

  const onKeyDown = gridKeyDown(props, activeIndex, (index, row) => {
    setActiveKey(rowKey(row))
    virtual.scrollToIndex(index, { align: 'auto' })
  })
  const tracks = columns.map((column) => column.width).join(' ')
  return (
    <div
      ref={scrollRef}
      class={`grid ${props.isBusy ? 'is-busy' : ''}`}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-busy={props.isBusy ?? false}
      aria-rowcount={(props.total ?? rows.length) + 1}
      aria-colcount={columns.length + (selection ? 1 : 0)}
      aria-multiselectable={selection !== undefined}
      aria-activedescendant={activeIndex >= 0 ? `${id}-${activeIndex}` : undefined}
      onKeyDown={onKeyDown}
      style={{ '--tracks': selection ? `34px ${tracks}` : tracks }}
    >
      <GridHead columns={columns} selection={selection} />
      <div
        class="grid-body"
        role="rowgroup"
        style={{ height: `${rows.length * ROW_HEIGHT}px` }}
        hidden={rows.length === 0}
      >
        {items.map((item) => {
          const row = rows[item.index]
          if (row === undefined) return null
          return (
            <GridRow
              key={item.index % slots}
              id={`${id}-${item.index}`}
              row={row}
              index={item.index}
              top={item.start - HEAD_HEIGHT}
              isActive={item.index === activeIndex}
              className={props.rowClass?.(row) ?? ''}
              columns={columns}
              selection={selection}
              onPoint={() => setActiveKey(rowKey(row))}
              onOpen={props.onOpen}
            />
          )
        })}
      </div>
      {props.children}
    </div>
  )
}

type MoveTo<Row> = (index: number, row: Row) => void

function gridKeyDown<Row>(props: GridProps<Row>, activeIndex: number, moveTo: MoveTo<Row>) {
  const { rows, selection } = props
  return (event: KeyboardEvent) => {
    // Keys in a link or checkbox inside the grid are theirs.
    if (event.target !== event.currentTarget) return
    const { clientHeight } = event.currentTarget as HTMLElement
    const pageRows = Math.max(1, Math.floor(clientHeight / ROW_HEIGHT) - 2)
    const index = movedIndex(event.key, activeIndex, rows.length, pageRows)
    const active = rows[activeIndex]
    const next = index === null ? undefined : rows[index]
    if (index !== null && next !== undefined) {
      moveTo(index, next)
      if (event.shiftKey) selection?.extendTo(next, active)
    } else if (event.key === ' ' && active !== undefined && selection) {
      if (event.shiftKey) selection.extendTo(active)
      else selection.toggle(active)
    } else if (event.key === 'Enter' && active !== undefined) props.onOpen?.(active)
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey) && selection) {
      if (selection.state !== 'all') selection.toggleAll()
    } else if (event.key === 'Escape' && selection) selection.clear()
    else return
    event.preventDefault()
  }
}

function GridHead<Row>(props: {
  columns: readonly Column<Row>[]
  selection: GridSelection<Row> | undefined
}) {
  const { columns, selection } = props
  return (
    <div class="grid-head" role="rowgroup">
      <div class="grid-row" role="row" aria-rowindex={1}>
        {selection && (
          <div class="grid-cell is-check" role="columnheader">
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label="Choose all that are loaded"
              checked={selection.state === 'all'}
              indeterminate={selection.state === 'some'}
              onClick={selection.toggleAll}
            />
          </div>
        )}
        {columns.map((column) => (
          <div
            key={column.id}
            class={`grid-cell ${column.isNumber ? 'is-number' : ''}`}
            role="columnheader"
          >
            {column.label}
          </div>
        ))}
      </div>
    </div>
  )
}

function useNearEnd(lastDrawn: number, count: number, onNearEnd: (() => void) | undefined): void {
  useEffect(() => {
    if (count > 0 && lastDrawn >= count - NEAR_END_ROWS) onNearEnd?.()
  }, [lastDrawn, count, onNearEnd])
}

/** Rows that came or went above must not move what the reader looks at. */
function useStableScroll<Row>(
  scrollRef: { current: HTMLDivElement | null },
  { rows, rowKey, listKey }: GridProps<Row>,
): void {
  const before = useRef({ rows, listKey })
  useLayoutEffect(() => {
    const element = scrollRef.current
    const old = before.current
    before.current = { rows, listKey }
    if (element === null || old.rows === rows) return
    if (old.listKey !== listKey) {
      element.scrollTop = 0
      return
    }
    const oldIndex = Math.floor(element.scrollTop / ROW_HEIGHT)
    const topRow = old.rows[oldIndex]
    // At the very top the reader watches for what is new.
    if (element.scrollTop === 0 || topRow === undefined) return
    const key = rowKey(topRow)
    const newIndex = rows.findIndex((row) => rowKey(row) === key)
    if (newIndex !== -1) element.scrollTop += (newIndex - oldIndex) * ROW_HEIGHT
  }, [rows, listKey, rowKey, scrollRef])
}
