/** Totals of searches: counted for a first page, and remembered for the pages after it. */
import { LRUCache } from 'lru-cache'
import type { Scope } from '../accounts/scope-service.ts'
import type { StreamCount } from '../store/inventory/inventory-engine.ts'
import type { StreamSearch } from './stream-service.ts'

const REMEMBERED = 500
const REMEMBERED_MS = 60_000

type Totals = LRUCache<string, StreamCount>

const newTotals = (): Totals => new LRUCache({ max: REMEMBERED, ttl: REMEMBERED_MS })

export function createTotals() {
  const everywhere = newTotals()
  /** By the list of machines itself: when labels change, it is another list. */
  const within = new WeakMap<readonly number[], Totals>()
  const totalsOf = (scope: Scope): Totals => {
    if (scope === null) return everywhere
    const { machineNos } = scope
    const known = within.get(machineNos) ?? newTotals()
    within.set(machineNos, known)
    return known
  }
  return {
    of: async (
      { q, presence, scope }: StreamSearch,
      isFirst: boolean,
      count: () => Promise<StreamCount>,
    ): Promise<StreamCount> => {
      const known = totalsOf(scope)
      const key = `${presence} ${q}`
      const before = isFirst ? undefined : known.get(key)
      if (before !== undefined) return before
      const counted = await count()
      known.set(key, counted)
      return counted
    },
  }
}
