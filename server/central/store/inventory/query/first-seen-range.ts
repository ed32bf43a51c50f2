/** Which streams came within a time: numbers go up with it, so that it is a range of them. */
import type { SearchContext } from './search-context.ts'

/** Inclusive. */
export interface FirstSeenRange {
  readonly from: number
  readonly to: number
  /** Every stream of the range came then. Not where central's clock was set back in between. */
  readonly isExact: boolean
}

export function firstSeenRange(
  context: SearchContext,
  { from, to }: { from: number | null; to: number | null },
): FirstSeenRange {
  const [least, most] = [from ?? Number.MIN_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER]
  const first = context.number(
    'SELECT ifnull(min(first_stream_id), 0) FROM first_seen WHERE seen_at BETWEEN ? AND ?',
    least,
    most,
  )
  if (first === 0) return { from: 1, to: 0, isExact: true }
  const last = context.number(
    'SELECT max(first_stream_id) FROM first_seen WHERE seen_at BETWEEN ? AND ?',
    least,
    most,
  )
  const end = context.number(
    `SELECT ifnull((SELECT first_stream_id - 1 FROM first_seen WHERE first_stream_id > ? ORDER BY 1 LIMIT 1),
       (SELECT max(stream_id) FROM stream))`,
    last,
  )
  const others = context.number(
    `SELECT EXISTS (SELECT 1 FROM first_seen NOT INDEXED WHERE first_stream_id BETWEEN ? AND ?
       AND seen_at NOT BETWEEN ? AND ?)`,
    first,
    last,
    least,
    most,
  )
  return { from: first, to: end, isExact: others === 0 }
}
