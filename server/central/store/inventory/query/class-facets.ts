/** What was found by the properties of its class: verdict, zone, stream name, extension, host. */
import { type FacetBucket, largestBuckets } from '../stored-facets.ts'
import { certainOf, liveByHost } from './count.ts'
import { add, type Bucketed, type Counts, named } from './facet-buckets.ts'
import { joinsFor } from './joins.ts'
import type { Planned } from './plan.ts'
import type { SearchContext } from './search-context.ts'
import type { Sql } from './sql.ts'

const HOSTS_MS = 25
/** So many are counted in any case. */
const HOSTS_ALWAYS = 200

/** False: the time was over before all were counted. */
export function addCertainFamilies(
  context: SearchContext,
  planned: Planned,
  counts: Counts,
): boolean {
  if (certainOf(planned).certainLive === 0) return true
  const { certain, classes } = planned.classes
  if (classes === null && /\bhs\./.test(certain.sql)) {
    return addFamiliesOfHosts(context, certain, counts)
  }
  // A family's own counts where the family decides; else its classes', which are listed then.
  const rows =
    classes === null
      ? context.all(
          `SELECT fa.family_no, fa.live_count FROM family AS fa ${joinsFor(['i', 'ck', 'fa'], certain)}
           WHERE ${certain.sql}`,
          ...certain.params,
        )
      : context.all(
          `SELECT ck.family_no, sum(cl.live_count) FROM json_each(?) AS j
           CROSS JOIN class_key AS ck ON ck.class_no = j.value ${joinsFor(['i', 'ck'], certain)}
           CROSS JOIN class AS cl ON cl.class_no = ck.class_no WHERE ${certain.sql} GROUP BY 1`,
          JSON.stringify(classes),
          ...certain.params,
        )
  for (const [no, live] of rows) add(counts, no as number, live as number)
  return true
}

/** Only hosts are asked for, and there are many: the largest first, until the time is over. */
function addFamiliesOfHosts(context: SearchContext, certain: Sql, families: Counts): boolean {
  return addByHosts(context, certain, { families, hosts: new Map() })
}

/** Host after host, the largest first. False: the time was over before the last. */
export function addByHosts(
  context: SearchContext,
  condition: Sql,
  { families, hosts }: { families: Counts; hosts: Counts },
): boolean {
  const until = performance.now() + HOSTS_MS
  const all = context.all(
    'SELECT host_no FROM host WHERE live_count > 0 ORDER BY live_count DESC',
  ) as [number][]
  const ofHost = `SELECT ck.family_no, cl.live_count FROM class_key AS ck ${joinsFor(['i', 'ck'], condition)}
    CROSS JOIN class AS cl ON cl.class_no = ck.class_no WHERE ck.host_no = ? AND ${condition.sql}`
  for (const [i, [hostNo]] of all.entries()) {
    if (i >= HOSTS_ALWAYS && performance.now() > until) return false
    for (const [no, live] of context.all(ofHost, hostNo, ...condition.params) as number[][]) {
      add(families, no!, live!)
      add(hosts, hostNo, live!)
    }
  }
  return true
}

export function ofClasses(
  context: SearchContext,
  classes: Counts,
  column: 'family_no' | 'host_no',
): [number, number][] {
  const rows = context.all(
    `SELECT ck.class_no, ck.${column} FROM json_each(?) AS j CROSS JOIN class_key AS ck ON ck.class_no = j.value`,
    JSON.stringify([...classes.keys()]),
  ) as [number, number][]
  return rows.map(([classNo, no]) => [no, classes.get(classNo) ?? 0])
}

export function familyFacets(context: SearchContext, counts: Counts) {
  const rows = context.all(
    `SELECT fa.family_no, fa.verdict, fa.zone, fa.extension, sn.name
     FROM json_each(?) AS j CROSS JOIN family AS fa ON fa.family_no = j.value
     CROSS JOIN stream_name AS sn ON sn.stream_name_no = fa.stream_name_no`,
    JSON.stringify([...counts.keys()]),
  )
  const by = (value: (row: (string | number | null)[]) => string | null): FacetBucket[] => {
    const sums = new Map<string, number>()
    for (const row of rows) {
      const key = value(row)
      const count = counts.get(row[0] as number) ?? 0
      if (key !== null && count > 0) sums.set(key, (sums.get(key) ?? 0) + count)
    }
    return largestBuckets(sums)
  }
  return {
    verdicts: by((row) => row[1] as string),
    zones: by((row) => (row[2] === null ? 'none' : String(row[2]))),
    extensions: by((row) => (row[3] === '' ? null : (row[3] as string))),
    names: by((row) => row[4] as string),
  }
}

export function hostCounts(context: SearchContext, planned: Planned, classes: Counts): Bucketed {
  const counts: Counts = new Map()
  const isExact = addCertainHosts(context, planned, counts)
  for (const [hostNo, count] of ofClasses(context, classes, 'host_no')) add(counts, hostNo, count)
  counts.delete(0)
  return { buckets: named(context, counts, 'host', 'host_no', 'host'), isExact }
}

/** Host after host, the largest first, until the time is over. */
function addCertainHosts(context: SearchContext, planned: Planned, counts: Counts): boolean {
  if (certainOf(planned).certainLive === 0) return true
  const { certain, classes } = planned.classes
  if (classes === null && !/\b(?:fa|sn)\./.test(certain.sql)) {
    const rows = context.all(
      `SELECT hs.host_no, hs.live_count FROM host AS hs WHERE hs.live_count > 0 AND ${certain.sql}`,
      ...certain.params,
    )
    for (const [no, live] of rows) add(counts, no as number, live as number)
    return true
  }
  if (classes !== null) {
    const rows = context.all(
      `SELECT ck.host_no, sum(cl.live_count) FROM json_each(?) AS j
       CROSS JOIN class_key AS ck ON ck.class_no = j.value ${joinsFor(['i', 'ck'], certain)}
       CROSS JOIN class AS cl ON cl.class_no = ck.class_no WHERE ${certain.sql} GROUP BY 1`,
      JSON.stringify(classes),
      ...certain.params,
    )
    for (const [no, live] of rows) add(counts, no as number, live as number)
    return true
  }
  const until = performance.now() + HOSTS_MS
  let looked = 0
  for (const [hostNo, live] of liveByHost(context, certain)) {
    add(counts, hostNo, live)
    looked += 1
    if (looked > HOSTS_ALWAYS && performance.now() > until) return false
  }
  return true
}
