/** Counts of what was found, by a property: its values, the most frequent first. */

export interface FacetBucket {
  value: string
  count: number
}

export interface StoredFacets {
  total: number
  /** False: there are at least so many. */
  isTotalExact: boolean
  /** False: of some of what was found; each count is at least so much. `others`: all but machines and hosts. */
  isExact: { machines: boolean; hosts: boolean; others: boolean }
  machines: FacetBucket[]
  verdicts: FacetBucket[]
  zones: FacetBucket[]
  hosts: FacetBucket[]
  names: FacetBucket[]
  extensions: FacetBucket[]
}

export const MAX_BUCKETS = 25

/** Values that differ in ASCII case only are one, as queries compare them; shown is the first. */
export function largestBuckets(counts: ReadonlyMap<string, number>): FacetBucket[] {
  const folded = new Map<string, FacetBucket>()
  for (const [value, count] of counts) {
    const key = value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    const bucket = folded.get(key)
    if (bucket === undefined) folded.set(key, { value, count })
    else bucket.count += count
  }
  return [...folded.values()]
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, MAX_BUCKETS)
}
