/**
 * Walks through the candidates of a plan and keeps what matches: items first, then the streams of an item that
 * may. Everything is resumable at any stream.
 */
import type { Presence } from '../inventory-engine.ts'
import { decides } from './bounds.ts'
import { joinsFor } from './joins.ts'
import { type Phase, undecidedByItem } from './plan.ts'
import { paramsOf, type SearchContext, where } from './search-context.ts'
import { and, type Sql, sql, TRUE } from './sql.ts'

export interface MatchingItem {
  readonly itemNo: number
  readonly classNo: number
  /** Streams of it that are not gone. */
  readonly live: number
  /** Every stream of it matches. */
  readonly isCertain: boolean
  /** Of the candidates given. */
  readonly index: number
}

/** The conditions of a phase, prepared once for all its candidates. */
export interface Matcher {
  /** Those of the items that can match. */
  items(itemNos: readonly number[]): MatchingItem[]
  /** Streams of one item below a stream_id, newest first. */
  streamsOf(item: MatchingItem, before: number, limit: number): number[]
  countStreamsOf(item: MatchingItem): number
  /** Places, in the list given, of those streams that match. */
  streams(streamIds: readonly number[]): number[]
}

export const PRESENCE_SQL: Record<Presence, Sql> = {
  live: sql('s.gone_at IS NULL'),
  gone: sql('s.gone_at IS NOT NULL'),
  any: TRUE,
}

/** `exceptClasses`: of classes that are counted already; a condition on class_key, family and host. */
export function createMatcher(
  context: SearchContext,
  { query, except }: Pick<Phase, 'query' | 'except'>,
  presence: Presence,
  exceptClasses: Sql = TRUE,
): Matcher {
  const bounds = context.bounds(query, 'item')
  const possible = and([
    presence === 'live' ? sql('i.live_count > 0') : TRUE,
    bounds.possible,
    except,
    exceptClasses,
  ])
  const isDecided = decides(bounds)
  const present = PRESENCE_SQL[presence]
  const rest = isDecided ? TRUE : context.bounds(undecidedByItem(context, query), 'stream').possible
  const whole = and([present, context.bounds(query, 'stream').possible, except, exceptClasses])

  const certain = isDecided ? TRUE : bounds.certain
  const itemsText = `
    SELECT i.item_no, i.class_no, i.live_count, ifnull(${certain.sql}, 0), j.key
    FROM json_each(?) AS j CROSS JOIN item AS i ON i.item_no = j.value
    ${joinsFor(['i'], possible, certain)}
    WHERE still_wanted() AND ${possible.sql} ORDER BY j.key`

  const ofItem = (conditions: readonly Sql[]): string =>
    `FROM stream AS s INDEXED BY stream_by_item ${joinsFor([], ...conditions)}
     WHERE s.item_no = ? AND s.stream_id < ? AND ${where(...conditions)}`
  const ofItemParts = (isCertain: boolean) => [present, isCertain ? TRUE : rest]

  return {
    items(itemNos) {
      const rows = context.all(
        itemsText,
        ...certain.params,
        JSON.stringify(itemNos),
        ...possible.params,
      ) as number[][]
      return rows.map((row) => ({
        itemNo: row[0]!,
        classNo: row[1]!,
        live: row[2]!,
        isCertain: row[3]! === 1,
        index: row[4]!,
      }))
    },
    streamsOf({ itemNo, isCertain }, before, limit) {
      const parts = ofItemParts(isCertain)
      const text = `SELECT s.stream_id ${ofItem(parts)} ORDER BY s.stream_id DESC LIMIT ?`
      return context
        .all(text, itemNo, before, ...paramsOf(...parts), limit)
        .map((row) => row[0] as number)
    },
    countStreamsOf({ itemNo, isCertain, live }) {
      if (isCertain && presence === 'live') return live
      const parts = ofItemParts(isCertain)
      const text = `SELECT count(*) ${ofItem(parts)}`
      return context.number(text, itemNo, Number.MAX_SAFE_INTEGER, ...paramsOf(...parts))
    },
    streams(streamIds) {
      return context
        .all(
          `SELECT j.key FROM json_each(?) AS j CROSS JOIN stream AS s ON s.stream_id = j.value
           ${joinsFor([], whole)} WHERE still_wanted() AND ${whole.sql} ORDER BY j.key`,
          JSON.stringify(streamIds),
          ...whole.params,
        )
        .map((row) => row[0] as number)
    },
  }
}
