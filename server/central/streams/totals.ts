/** Totals of searches: counted for a first page, and remembered for the pages after it. */
import { LRUCache } from 'lru-cache'
import type { StreamCount } from '../store/inventory/inventory-engine.ts'
import type { StreamSearch } from './stream-service.ts'

const REMEMBERED = 500
const REMEMBERED_MS = 60_000

export function createTotals() {
  const known = new LRUCache<string, StreamCount>({ max: REMEMBERED, ttl: REMEMBERED_MS })
  return {
    of: async (
      { q, presence }: StreamSearch,
      isFirst: boolean,
      count: () => Promise<StreamCount>,
    ): Promise<StreamCount> => {
      const key = `${presence} ${q}`
      const before = isFirst ? undefined : known.get(key)
      if (before !== undefined) return before
      const counted = await count()
      known.set(key, counted)
      return counted
    },
  }
}
