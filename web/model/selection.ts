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
 * Adds everything between the anchor and `id` in the order shown. Without an anchor that is still shown
 * there is no range to speak of: only `id` is added.
 */
export function extendedTo(
  selection: Selection,
  shownIds: readonly number[],
  id: number,
): Selection {
  const to = shownIds.indexOf(id)
  const from = selection.anchor === null ? -1 : shownIds.indexOf(selection.anchor)
  const ids = new Set(selection.ids)
  if (to === -1 || from === -1) {
    ids.add(id)
    return { ids, anchor: id }
  }
  for (const between of shownIds.slice(Math.min(from, to), Math.max(from, to) + 1)) ids.add(between)
  return { ids, anchor: selection.anchor }
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
