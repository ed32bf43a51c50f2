/** Counts by number, and what people see of them. */
import { type FacetBucket, largestBuckets, MAX_BUCKETS } from '../stored-facets.ts'
import type { SearchContext } from './search-context.ts'

export type Counts = Map<number, number>

export interface Bucketed {
  readonly buckets: FacetBucket[]
  readonly isExact: boolean
}

export function named(
  context: SearchContext,
  counts: Counts,
  table: string,
  no: string,
  column: string,
): FacetBucket[] {
  const largest = [...counts].sort(([, a], [, b]) => b - a).slice(0, 4 * MAX_BUCKETS)
  const names = context.all(
    `SELECT ${no}, ${column} FROM ${table} WHERE ${no} IN (SELECT value FROM json_each(?))`,
    JSON.stringify(largest.map(([number]) => number)),
  ) as [number, string][]
  const sums = new Map<string, number>()
  for (const [number, name] of names) {
    const count = counts.get(number) ?? 0
    if (count > 0) sums.set(name, (sums.get(name) ?? 0) + count)
  }
  return largestBuckets(sums)
}

export function toBucket(row: readonly (string | number | null)[]): FacetBucket {
  return { value: row[0] as string, count: row[1] as number }
}

export function add(counts: Counts, key: number, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
