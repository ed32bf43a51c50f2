/** @tanstack/virtual-core for Preact: which rows of a list of equal heights are to be drawn. */
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from '@tanstack/virtual-core'
import type { RefObject } from 'preact'
import { useLayoutEffect, useReducer, useState } from 'preact/hooks'

export type RowVirtualizer = Virtualizer<HTMLDivElement, HTMLDivElement>

/** Rows drawn above and below the visible ones. */
const OVERSCAN_ROWS = 8

/**
 * Rows that leave at one end come back at the other as the same elements with other text, which costs a
 * fraction of new ones. Fixed while the height is, or every row would change its element.
 */
export function slotCount(virtualizer: RowVirtualizer, rowHeight: number): number {
  const visible = Math.ceil((virtualizer.scrollRect?.height ?? 0) / rowHeight)
  return Math.max(visible + 2 * OVERSCAN_ROWS + 2, virtualizer.getVirtualItems().length)
}

interface VirtualRows {
  count: number
  rowHeight: number
  /** Height of what sticks to the top of the scrolling element. */
  headHeight: number
  scrollRef: RefObject<HTMLDivElement | null>
}

export function useVirtualRows(rows: VirtualRows): RowVirtualizer {
  const { count, rowHeight, headHeight, scrollRef } = rows
  const [, redraw] = useReducer<number, undefined>((turn) => turn + 1, 0)
  const options = {
    count,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => rowHeight,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    overscan: OVERSCAN_ROWS,
    scrollMargin: headHeight,
    // Else a row scrolled to from below would come to rest under the sticky header.
    scrollPaddingStart: headHeight,
    onChange: () => redraw(undefined),
  }
  const [virtualizer] = useState(() => new Virtualizer<HTMLDivElement, HTMLDivElement>(options))
  virtualizer.setOptions(options)
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer])
  useLayoutEffect(() => virtualizer._willUpdate())
  return virtualizer
}
