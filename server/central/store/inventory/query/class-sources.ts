/** What families and hosts say of a query: how many streams match at most and at least, and the way to them. */
import type { Query } from '../../../../streams/query/ast.ts'
import type { Presence } from '../inventory-engine.ts'
import { type Bounds, decides } from './bounds.ts'
import { BY_CLASS, itemsOfClasses, itemsOfList } from './item-sources.ts'
import { joinsFor } from './joins.ts'
import { listOf, type NumberList } from './number-lists.ts'
import type { SearchContext } from './search-context.ts'
import type { Source } from './source.ts'
import { type Sql, TRUE } from './sql.ts'

export interface ClassSummary {
  /** Nothing can match. */
  readonly isEmpty: boolean
  /** Whether classes that cannot match are left out at all. */
  readonly isNarrowing: boolean
  /** Live streams that can match, or more. */
  readonly live: number
  /** Live streams of which is known without looking that they match. */
  readonly certainLive: number
  /** `certainLive` is all: the query asks for nothing that classes do not say, and they are counted. */
  readonly isCounted: boolean
  /** What the classes of those are: a condition on rows of class_key, family and host. */
  readonly certain: Sql
  readonly bounds: Bounds
  /** Numbers of the families that can match; null: all. */
  readonly families: readonly number[] | null
  readonly hosts: readonly number[] | null
  /** The classes that can match, where they are few enough to be listed. */
  readonly classes: readonly number[] | null
}

interface Group {
  readonly numbers: readonly number[] | null
  readonly classes: number
  readonly live: number
  readonly certainLive: number
}

/** With so few, the newest of each are brought into one order. */
const FEW = 64
/** So many are listed one by one; where families and hosts both narrow, they are even counted. */
const LISTED = 20_000

export function classSummary(
  context: SearchContext,
  query: Query,
  presence: Presence,
): ClassSummary {
  const bounds = context.bounds(query, 'class')
  const byFamily = context.bounds(query, 'family')
  const byHost = context.bounds(query, 'host')
  const families = groupOf(context, 'family', byFamily)
  const hosts = groupOf(context, 'host', byHost)
  const narrowest = families.classes <= hosts.classes ? families : hosts
  const isFamilySurer = families.certainLive >= hosts.certainLive
  const summary: ClassSummary = {
    isEmpty: presence === 'live' ? narrowest.live === 0 : narrowest.classes === 0,
    isNarrowing: bounds.possible !== TRUE,
    live: Math.min(families.live, hosts.live),
    certainLive: Math.max(families.certainLive, hosts.certainLive),
    certain: isFamilySurer ? byFamily.certain : byHost.certain,
    isCounted: decides(byFamily) || decides(byHost),
    bounds,
    families: families.numbers,
    hosts: hosts.numbers,
    classes: null,
  }
  if (!summary.isNarrowing || narrowest.classes > LISTED) return summary
  const rows = listClasses(context, summary)
  return {
    ...summary,
    isEmpty: presence === 'live' ? rows.every(([, live]) => live === 0) : rows.length === 0,
    live: rows.reduce((sum, [, live]) => sum + live!, 0),
    certainLive: rows.reduce((sum, [, live, isCertain]) => sum + (isCertain ? live! : 0), 0),
    certain: bounds.certain,
    isCounted: decides(bounds),
    classes: rows.map(([classNo]) => classNo!),
  }
}

function groupOf(
  context: SearchContext,
  table: 'family' | 'host',
  { possible, certain }: Bounds,
): Group {
  const [alias, no] = table === 'family' ? ['fa', 'family_no'] : ['hs', 'host_no']
  const joins = joinsFor(['i', 'ck', alias], possible, certain)
  if (possible === TRUE) {
    const sums = context.all(
      `SELECT total(${alias}.class_count), total(${alias}.live_count),
         total(CASE WHEN ${certain.sql} THEN ${alias}.live_count END) FROM ${table} AS ${alias} ${joins}`,
      ...certain.params,
    )[0] as number[]
    return { numbers: null, classes: sums[0]!, live: sums[1]!, certainLive: sums[2]! }
  }
  const rows = context.all(
    `SELECT ${alias}.${no}, ${alias}.class_count, ${alias}.live_count, ifnull(${certain.sql}, 0)
     FROM ${table} AS ${alias} ${joins} WHERE ${possible.sql}`,
    ...certain.params,
    ...possible.params,
  ) as number[][]
  return {
    numbers: rows.map(([number]) => number!),
    classes: rows.reduce((sum, [, classes]) => sum + classes!, 0),
    live: rows.reduce((sum, [, , live]) => sum + live!, 0),
    certainLive: rows.reduce((sum, [, , live, isCertain]) => sum + (isCertain ? live! : 0), 0),
  }
}

type ClassLists = Pick<ClassSummary, 'families' | 'hosts' | 'bounds'>

/** Class, its live streams, whether it is certain. */
function listClasses(context: SearchContext, { families, hosts, bounds }: ClassLists): number[][] {
  const { possible, certain } = bounds
  const [column, numbers] = hosts === null ? ['family_no', families] : ['host_no', hosts]
  const joins = joinsFor(['i', 'ck'], possible, certain)
  const list = numbers === null ? null : JSON.stringify(numbers)
  const from =
    list === null
      ? 'class_key AS ck'
      : `json_each(?) AS j CROSS JOIN class_key AS ck ON ck.${column} = j.value`
  return context.all(
    `SELECT ck.class_no, cl.live_count, ifnull(${certain.sql}, 0) FROM ${from} ${joins}
     CROSS JOIN class AS cl ON cl.class_no = ck.class_no WHERE ${possible.sql}`,
    ...certain.params,
    ...(list === null ? [] : [list]),
    ...possible.params,
  ) as number[][]
}

export function classSource(
  context: SearchContext,
  summary: ClassSummary,
  presence: Presence,
  streamsPerItem: number,
): Source {
  const { classes, live } = summary
  const estimate = presence === 'live' ? live : live + streamsPerItem
  if (classes !== null && classes.length <= FEW) {
    const driver = `${classes.length} classes with ${live} streams`
    return itemsOfClasses(context, classes, { driver, order: 'newest item first', estimate })
  }
  const words = classes === null ? 'many' : String(classes.length)
  return itemsOfList(
    context,
    BY_CLASS,
    classes === null ? walkClasses(context, summary.bounds.possible) : listOf(classes),
    {
      driver: `${words} classes with ${live} streams`,
      order: 'by class, newest class first',
      estimate,
    },
  )
}

const CLASS_STEP = 5_000

/** Dense enough that each step finds some. */
function walkClasses(context: SearchContext, possible: Sql): NumberList {
  const select = context.prepare(
    `SELECT ck.class_no FROM class_key AS ck ${joinsFor(['i', 'ck'], possible)}
     WHERE ck.class_no < ? AND ck.class_no >= ? AND ${possible.sql} ORDER BY ck.class_no DESC LIMIT ?`,
  )
  return {
    size: LISTED,
    isSizeExact: false,
    next(before, limit) {
      let below = before ?? context.number('SELECT max(class_no) FROM class_key') + 1
      while (below > 0) {
        context.check()
        const from = Math.max(0, below - CLASS_STEP)
        const numbers = select
          .all(below, from, ...possible.params, limit)
          .map((row) => row[0] as number)
        if (numbers.length === limit) return { numbers, next: numbers.at(-1)! }
        if (numbers.length > 0) return { numbers, next: from > 0 ? from : null }
        below = from
      }
      return { numbers: [], next: null }
    },
  }
}
