/** How a search is answered, in words. */
import type { Query } from '../../../../streams/query/ast.ts'
import type { SearchPlan, StreamFilter } from '../inventory-engine.ts'
import { decides } from './bounds.ts'
import { knownCount } from './count.ts'
import { planSearch } from './plan.ts'
import type { SearchContext } from './search-context.ts'

export function explainSearch(context: SearchContext, filter: StreamFilter): SearchPlan {
  const planned = planSearch(context, filter)
  const { query, best, newest } = planned
  const sources = best.phases.map(({ source }) => source)
  const known = knownCount(context, planned)
  const narrowest = sources.map(({ driver }) => driver).join(', then ')
  return {
    driver: newest === null ? narrowest : `the newest streams; if too few match, ${narrowest}`,
    estimate: Math.round(known ?? best.estimate),
    filters: [
      ...(query.kind === 'and' ? query.items : [query]).map((item) => filterWords(context, item)),
      `total: ${known === null ? 'counted, up to a bound' : 'from counts that are kept'}`,
    ],
    order:
      newest === null
        ? [...new Set(sources.map(({ order }) => order))].join(', then ')
        : newest.phases[0]!.source.order,
  }
}

/** What one condition is compared with. */
function filterWords(context: SearchContext, query: Query): string {
  const where = decides(context.bounds(query, 'class'))
    ? 'by class'
    : decides(context.bounds(query, 'item'))
      ? 'by item'
      : 'stream by stream'
  return `${words(query)}: ${where}`
}

function words(query: Query): string {
  switch (query.kind) {
    case 'all':
      return 'everything'
    case 'and':
    case 'or':
      return `(${query.items.map(words).join(query.kind === 'and' ? ' AND ' : ' OR ')})`
    case 'not':
      return `NOT ${words(query.item)}`
    case 'machines':
      return `${query.machineNos.length} machines`
    case 'text':
      return `${query.field}:${JSON.stringify(query.pattern)}`
    case 'number':
      return `${query.field}:${query.min ?? ''}..${query.max ?? ''}`
    case 'zone-absent':
      return 'zone:none'
    case 'time':
      return `${query.field}:${timeWords(query.from)}..${timeWords(query.to)}`
  }
}

function timeWords(ms: number | null): string {
  const isDate = ms !== null && Math.abs(ms) <= 8.64e15
  return isDate ? new Date(ms).toISOString() : ''
}
