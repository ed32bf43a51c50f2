/**
 * How a query is answered: the narrowest way to candidates, and what they are then compared with. The plan of the
 * same query has the same id as long as the inventory has the same shape; a cursor names the id that it is for.
 */
import { type Query, QueryError } from '../../../../streams/query/ast.ts'
import type { Presence, StreamFilter } from '../inventory-engine.ts'
import { asksForGone } from './asks-for-gone.ts'
import { decides } from './bounds.ts'
import { type ClassSummary, classSource, classSummary } from './class-sources.ts'
import { allItems } from './item-sources.ts'
import { leafParts } from './leaf-parts.ts'
import { machinePart } from './machine-sources.ts'
import type { Part } from './path-sources.ts'
import type { SearchContext } from './search-context.ts'
import { NO_SOURCE, type Source } from './source.ts'
import { FALSE, not, type Sql, TRUE } from './sql.ts'
import { streamsOfRange } from './stream-sources.ts'

export interface Phase {
  readonly source: Source
  /** What streams of this phase have to meet; without what phases before it already gave. */
  readonly query: Query
  /** Not what the phases before it were there for, where no query says that. */
  readonly except: Sql
}

export interface Plan {
  readonly id: string
  readonly estimate: number
  readonly phases: readonly Phase[]
}

export interface Planned {
  readonly query: Query
  readonly presence: Presence
  readonly classes: ClassSummary
  /** The narrowest. */
  readonly best: Plan
  /** Newest first, where so many match that it fills a page soon. */
  readonly newest: Plan | null
  /** Every way there is, whichever is narrowest. */
  readonly all: readonly Plan[]
}

/** Of all streams, as a fraction: from here on looking through the newest ones finds enough. */
const DENSE = 0.02

const WHOLE = 'all'

const MAX_BRANCHES = 24

export interface Fleet {
  readonly streams: number
  readonly items: number
  readonly streamsPerItem: number
}

export function planSearch(
  context: SearchContext,
  filter: StreamFilter,
  fleet: Fleet = readFleet(context),
): Planned {
  context.check()
  const { presence } = filter
  checkSize(filter.query)
  const query = withinMachines(filter)
  const effective = presence === 'live' && asksForGone(query) ? 'any' : presence
  const classes = classSummary(context, query, effective)
  const plans = plansFor(context, query, effective, classes, fleet)
  const best = plans.reduce((a, b) => (b.estimate < a.estimate ? b : a))
  const newest = newestPlan(context, query)
  const isDense = best.estimate >= DENSE * fleet.streams
  return {
    query,
    presence: effective,
    classes,
    best,
    newest: isDense ? newest : null,
    all: [newest, ...plans],
  }
}

/** The query and the machines of the filter: one more condition that all streams must meet. */
function withinMachines({ query, machineNos = null }: StreamFilter): Query {
  if (machineNos === null) return query
  const machines: Query = { kind: 'machines', machineNos }
  return {
    kind: 'and',
    items: query.kind === 'and' ? [...query.items, machines] : [query, machines],
  }
}

/** SQLite nests a chain one level for each condition, and refuses at 1,000. */
const MAX_CONDITIONS = 400

function checkSize(query: Query): void {
  if (countConditions(query) <= MAX_CONDITIONS) return
  throw new QueryError(`a query may have at most ${MAX_CONDITIONS} conditions`, 0, 0)
}

function countConditions(query: Query): number {
  if (query.kind === 'and' || query.kind === 'or') {
    return 1 + query.items.reduce((sum, item) => sum + countConditions(item), 0)
  }
  return query.kind === 'not' ? 1 + countConditions(query.item) : 1
}

export function readFleet(context: SearchContext): Fleet {
  const streams = context.number('SELECT max(stream_id) FROM stream')
  const items = Math.max(1, context.number('SELECT max(item_no) FROM item'))
  return { streams, items, streamsPerItem: streams / items }
}

function newestPlan(context: SearchContext, query: Query): Plan {
  const source = streamsOfRange(
    context,
    { from: 0, to: Number.MAX_SAFE_INTEGER },
    { driver: 'the newest streams', order: 'newest first', estimate: Infinity },
  )
  return { id: 'newest', estimate: Infinity, phases: [{ source, query, except: TRUE }] }
}

function plansFor(
  context: SearchContext,
  query: Query,
  presence: Presence,
  classes: ClassSummary,
  fleet: Fleet,
): Plan[] {
  const one = (id: string, source: Source): Plan => ({
    id,
    estimate: source.estimate,
    phases: [{ source, query, except: TRUE }],
  })
  if (classes.isEmpty) return [one('none', NO_SOURCE)]
  const plans: Plan[] = []
  const machines = machinePart(context, query)
  if (machines !== null) plans.push(one('machines', machines))
  if (classes.isNarrowing) {
    plans.push(one('classes', classSource(context, classes, presence, fleet.streamsPerItem)))
  }
  const conjuncts = query.kind === 'and' ? query.items : [query]
  for (const [i, conjunct] of conjuncts.entries()) {
    const plan = planOfConjunct(context, query, presence, conjunct, fleet)
    if (plan !== null) plans.push({ ...plan, id: `${i}:${plan.id}` })
  }
  const everything = allItems(context, {
    driver: 'every item',
    order: 'newest item first',
    estimate: fleet.streams,
  })
  plans.push(one(WHOLE, everything))
  return plans
}

/** By one of the conditions that all streams must meet. */
function planOfConjunct(
  context: SearchContext,
  query: Query,
  presence: Presence,
  conjunct: Query,
  fleet: Fleet,
): Plan | null {
  if (conjunct.kind === 'or') return planOfOr(context, query, presence, conjunct.items, fleet)
  if (conjunct.kind === 'all' || conjunct.kind === 'and' || conjunct.kind === 'not') return null
  const parts = leafParts(context, conjunct, fleet)
  return parts === null ? null : planOfParts('leaf', query, parts)
}

/** One after the other, each without what the ones before it gave. */
function planOfOr(
  context: SearchContext,
  query: Query,
  presence: Presence,
  items: readonly Query[],
  fleet: Fleet,
): Plan | null {
  // Each branch leaves out all before it: their number counts twice.
  if (items.length > MAX_BRANCHES) return null
  const phases: Phase[] = []
  let id = 'or'
  let estimate = 0
  for (const [i, item] of items.entries()) {
    const before: Query[] = items.slice(0, i).map((other) => ({ kind: 'not', item: other }))
    const classes = classSummary(context, item, presence)
    const plans = plansFor(context, item, presence, classes, fleet)
    const best = plans.reduce((a, b) => (b.estimate < a.estimate ? b : a))
    if (best.id === WHOLE) return null
    id += `,${best.id}`
    estimate += best.estimate
    for (const phase of best.phases) {
      phases.push({ ...phase, query: { kind: 'and', items: [phase.query, ...before, query] } })
    }
  }
  return { id, estimate, phases }
}

function planOfParts(id: string, query: Query, parts: readonly Part[]): Plan {
  let except: Sql = TRUE
  const phases: Phase[] = []
  for (const part of parts) {
    phases.push({ source: part.source, query, except })
    except = andNot(except, part.condition)
  }
  return { id, estimate: parts.reduce((sum, { source }) => sum + source.estimate, 0), phases }
}

function andNot(before: Sql, condition: Sql): Sql {
  const negated = not(condition)
  if (before === TRUE || negated === FALSE) return negated
  return {
    sql: `(${before.sql} AND ${negated.sql})`,
    params: [...before.params, ...negated.params],
  }
}

/** The conditions that an item does not decide, for the streams of an item that may match. */
export function undecidedByItem(context: SearchContext, query: Query): Query {
  if (query.kind !== 'and') return query
  const items = query.items.filter((item) => !decides(context.bounds(item, 'item')))
  return items.length === 1 ? items[0]! : { kind: 'and', items }
}
