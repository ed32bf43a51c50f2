/** How many streams a query finds: exactly where counts that are kept say it, else counted up to a bound. */
import type { StreamCount, StreamFilter } from '../inventory-engine.ts'
import { decides } from './bounds.ts'
import { firstSeenRange } from './first-seen-range.ts'
import { joinsFor } from './joins.ts'
import { createMatcher, PRESENCE_SQL } from './matcher.ts'
import { type Planned, planSearch } from './plan.ts'
import type { SearchContext } from './search-context.ts'
import { not, type Sql, TRUE } from './sql.ts'

const COUNT_MS = 30
const BATCH = 1_024

export function countStreams(
  context: SearchContext,
  filter: StreamFilter,
  budgetMs = COUNT_MS,
): StreamCount {
  const planned = planSearch(context, filter)
  const known = knownCount(context, planned)
  if (known !== null) return { total: known, isExact: true }
  const until = performance.now() + budgetMs
  const quick = countRange(context, planned, until) ?? countByHosts(context, planned, until)
  if (quick !== null) return quick
  const { certainLive, rest } = certainOf(planned)
  let counted = certainLive
  const isExact = walkPlan(context, planned, rest, until, {
    item: (matcher, item) => {
      counted += matcher.countStreamsOf(item)
    },
    streams: (_, streamIds) => {
      counted += streamIds.length
    },
  })
  return { total: counted, isExact }
}

/** Where classes or machines alone decide and nothing gone is asked for, their counts are the answer. */
export function knownCount(context: SearchContext, planned: Planned): number | null {
  const { query, presence, classes } = planned
  if (presence !== 'live') return null
  if (classes.isEmpty) return 0
  if (classes.isCounted) return classes.certainLive
  const machines = context.bounds(query, 'machine')
  if (!decides(machines)) return null
  return context.number(
    `SELECT ifnull(sum(m.stream_count), 0) FROM machine AS m WHERE ${machines.possible.sql}`,
    ...machines.possible.params,
  )
}

/** Hosts that are counted in any case. */
const HOSTS_ALWAYS = 200

/** Rows of a range that are counted in one step. */
const RANGE_STEP = 20_000

/** Nothing but when they came: counted without looking at what they are. */
function countRange(
  context: SearchContext,
  { query, presence }: Planned,
  until: number,
): StreamCount | null {
  if (query.kind !== 'time' || query.field !== 'first') return null
  const range = firstSeenRange(context, query)
  if (!range.isExact) return null
  const present = PRESENCE_SQL[presence].sql
  let total = 0
  for (let from = range.from; from <= range.to; from += RANGE_STEP) {
    if (total > 0 && performance.now() > until) return { total, isExact: false }
    total += context.number(
      `SELECT count(*) FROM stream AS s NOT INDEXED WHERE s.stream_id BETWEEN ? AND ? AND ${present}`,
      from,
      Math.min(range.to, from + RANGE_STEP - 1),
    )
  }
  return { total, isExact: true }
}

/** Families and hosts are both asked for, and both are many: host after host, the largest first. */
function countByHosts(
  context: SearchContext,
  { presence, classes }: Planned,
  until: number,
): StreamCount | null {
  if (presence !== 'live' || classes.classes !== null || !decides(classes.bounds)) return null
  let total = 0
  let looked = 0
  for (const [, live] of liveByHost(context, classes.bounds.possible)) {
    total += live
    looked += 1
    if (looked > HOSTS_ALWAYS && performance.now() > until) return { total, isExact: false }
  }
  return { total, isExact: true }
}

/** Live streams of each host in classes that meet a condition, the largest host first. */
export function* liveByHost(
  context: SearchContext,
  condition: Sql,
): Generator<[hostNo: number, live: number], void, undefined> {
  const hosts = context.all(
    'SELECT host_no FROM host WHERE live_count > 0 ORDER BY live_count DESC',
  ) as [number][]
  const ofHost = `SELECT total(cl.live_count) FROM class_key AS ck ${joinsFor(['i', 'ck'], condition)}
    CROSS JOIN class AS cl ON cl.class_no = ck.class_no WHERE ck.host_no = ? AND ${condition.sql}`
  for (const [hostNo] of hosts) yield [hostNo, context.number(ofHost, hostNo, ...condition.params)]
}

/** What classes say for sure, and the condition that leaves it out of what is walked through. */
export function certainOf({ presence, classes }: Planned): { certainLive: number; rest: Sql } {
  // Gone streams are in no count of a class.
  if (presence !== 'live' || classes.certainLive === 0) return { certainLive: 0, rest: TRUE }
  return { certainLive: classes.certainLive, rest: not(classes.certain) }
}

type Matcher = ReturnType<typeof createMatcher>
type Item = ReturnType<Matcher['items']>[number]

export interface Visitor {
  item(matcher: Matcher, item: Item): void
  streams(matcher: Matcher, streamIds: readonly number[]): void
}

/** So many candidates are looked at in any case: what is small is exact, however busy the machine. */
const ALWAYS = 4_000

/** All that matches, of classes that meet `rest`. False: the time was over before the end. */
export function walkPlan(
  context: SearchContext,
  planned: Planned,
  rest: Sql,
  until: number,
  visitor: Visitor,
): boolean {
  let looked = 0
  const isOver = () => looked > ALWAYS && performance.now() > until
  for (const phase of planned.best.phases) {
    const matcher = createMatcher(context, phase, planned.presence, rest)
    let key = null as ReturnType<typeof phase.source.next>['next']
    do {
      const batch = phase.source.next(key, BATCH)
      const numbers = batch.candidates.map(({ no }) => no)
      if (phase.source.of === 'streams') {
        const matching = matcher.streams(numbers).map((index) => numbers[index]!)
        visitor.streams(matcher, matching)
      } else {
        for (const item of matcher.items(numbers)) {
          if (isOver()) return false
          looked += item.live
          visitor.item(matcher, item)
        }
      }
      looked += numbers.length
      key = batch.next
      if (key !== null && isOver()) return false
    } while (key !== null)
  }
  return true
}
