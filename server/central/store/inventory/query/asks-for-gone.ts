import type { Query } from '../../../../streams/query/ast.ts'

/** Whether a query asks about gone streams by itself, so that hiding them would make it answer nothing. */
export function asksForGone(query: Query): boolean {
  if (query.kind === 'and' || query.kind === 'or') return query.items.some(asksForGone)
  if (query.kind === 'not') return asksForGone(query.item)
  return query.kind === 'time' && query.field === 'gone'
}
