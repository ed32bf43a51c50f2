/**
 * Which streams are chosen. Ids only, so that a live refresh of the list keeps the choice. The anchor is
 * where a range with Shift begins.
 */
export interface Selection {
  readonly ids: ReadonlySet<number>
  readonly anchor: number | null
}

export const NOTHING: Selection = { ids: new Set(), anchor: null }

export function toggled(selection: Selection, id: number): Selection {
  const ids = new Set(selection.ids)
  if (!ids.delete(id)) ids.add(id)
  return { ids, anchor: id }
}

/**
 * Adds everything between the anchor and `id` in the order shown. `from` is where a range begins that has
 * no anchor yet, or is begun anew at a place that is not chosen. Where the beginning is not shown any more
 * there is no range to speak of: only `id` is added.
 */
export function extendedTo(
  selection: Selection,
  shownIds: readonly number[],
  id: number,
  from: number | null = null,
): Selection {
  const isNewRange = from !== null && (selection.anchor === null || !selection.ids.has(from))
  const anchor = isNewRange ? from : selection.anchor
  const end = shownIds.indexOf(id)
  const start = anchor === null ? -1 : shownIds.indexOf(anchor)
  const ids = new Set(selection.ids)
  if (end === -1 || start === -1) {
    ids.add(id)
    return { ids, anchor: id }
  }
  for (const between of shownIds.slice(Math.min(start, end), Math.max(start, end) + 1)) {
    ids.add(between)
  }
  return { ids, anchor }
}

/** The first `limit` of `ids`: an order cannot name more. */
export function allOf(ids: readonly number[], limit: number): Selection {
  return { ids: new Set(ids.slice(0, limit)), anchor: null }
}

/** Chosen ids that the list no longer shows, e.g. since they went while it was open. */
export function countMissing(selection: Selection, shownIds: ReadonlySet<number>): number {
  let missing = 0
  for (const id of selection.ids) if (!shownIds.has(id)) missing += 1
  return missing
}
