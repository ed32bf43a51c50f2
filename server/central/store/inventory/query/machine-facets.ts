/** On which machines what was found is. */
import { type FacetBucket, largestBuckets, MAX_BUCKETS } from '../stored-facets.ts'
import { decides } from './bounds.ts'
import { walkPlan } from './count.ts'
import { add, type Bucketed, type Counts, named, toBucket } from './facet-buckets.ts'
import type { Planned } from './plan.ts'
import type { SearchContext } from './search-context.ts'
import { TRUE } from './sql.ts'

const MACHINES_MS = 15

/** Of an item with more, the streams are counted and not looked at one by one. */
export const STREAMS_OF_ITEM = 200

/** What was looked at for the other counts. */
export interface Walked {
  readonly isComplete: boolean
  /** Whether each stream was looked at, so that its machine is counted too. */
  readonly hasMachines: boolean
}

export function machineCounts(
  context: SearchContext,
  planned: Planned,
  walked: Counts,
  { isComplete, hasMachines }: Walked,
): Bucketed {
  const { query, presence } = planned
  const bounds = context.bounds(query, 'machine')
  if (presence === 'live' && decides(bounds)) {
    const rows = context.all(
      `SELECT m.hostname, m.stream_count FROM machine AS m
       WHERE m.stream_count > 0 AND ${bounds.possible.sql} ORDER BY m.stream_count DESC LIMIT ?`,
      ...bounds.possible.params,
      MAX_BUCKETS,
    )
    return { buckets: rows.map(toBucket), isExact: true }
  }
  const tallied = presence === 'live' ? byTally(context, planned) : null
  if (tallied !== null) return { buckets: tallied, isExact: true }
  const isExact = isComplete && hasMachines
  if (hasMachines)
    return { buckets: named(context, walked, 'machine', 'machine_no', 'hostname'), isExact }
  return { buckets: sampleMachines(context, planned), isExact: false }
}

/** Where only verdict and zone are asked for: machines have counts of those. */
function byTally(context: SearchContext, { query, classes }: Planned): FacetBucket[] | null {
  const { possible, certain } = context.bounds(query, 'family')
  const isOfTally = !/\b(sn|fa\.(?!verdict|zone))/.test(possible.sql) && possible === certain
  if (!isOfTally || !classes.isCounted) return null
  const where = possible.sql.replaceAll('fa.', 't.')
  const rows = context.all(
    `SELECT m.hostname, sum(mt.live_count) AS live FROM tally AS t
     CROSS JOIN machine_tally AS mt ON mt.tally_no = t.tally_no JOIN machine AS m USING (machine_no)
     WHERE ${where} AND mt.live_count > 0 GROUP BY mt.machine_no ORDER BY live DESC LIMIT ?`,
    ...possible.params,
    MAX_BUCKETS,
  )
  return rows.map(toBucket)
}

/** Where machines alone decide: they have exact counts by verdict and zone, however many streams that is. */
export function talliedFacets(
  context: SearchContext,
  { query, presence }: Planned,
): { verdicts: FacetBucket[]; zones: FacetBucket[] } | undefined {
  const bounds = context.bounds(query, 'machine')
  if (presence !== 'live' || !decides(bounds)) return undefined
  const rows = context.all(
    `SELECT t.verdict, ifnull(CAST(t.zone AS TEXT), 'none'), sum(mt.live_count)
     FROM machine AS m CROSS JOIN machine_tally AS mt USING (machine_no) JOIN tally AS t USING (tally_no)
     WHERE mt.live_count > 0 AND ${bounds.possible.sql} GROUP BY 1, 2`,
    ...bounds.possible.params,
  ) as [string, string, number][]
  const by = (column: 0 | 1): FacetBucket[] => {
    const sums = new Map<string, number>()
    for (const row of rows) sums.set(row[column], (sums.get(row[column]) ?? 0) + row[2])
    return largestBuckets(sums)
  }
  return { verdicts: by(0), zones: by(1) }
}

/** The machines of some of what matches: which they are, and at least how many on each. */
export function sampleMachines(context: SearchContext, planned: Planned): FacetBucket[] {
  const counts: Counts = new Map()
  const until = performance.now() + MACHINES_MS
  const addMachines = (streamIds: readonly number[]): void => {
    const rows = context.all(
      `SELECT v.machine_no FROM json_each(?) AS j CROSS JOIN stream AS s ON s.stream_id = j.value
       CROSS JOIN volume AS v ON v.volume_no = s.volume_no`,
      JSON.stringify(streamIds),
    ) as [number][]
    for (const [machineNo] of rows) add(counts, machineNo, 1)
  }
  walkPlan(context, planned, TRUE, until, {
    item: (matcher, item) =>
      addMachines(matcher.streamsOf(item, Number.MAX_SAFE_INTEGER, STREAMS_OF_ITEM)),
    streams: (_, streamIds) => addMachines(streamIds),
  })
  return named(context, counts, 'machine', 'machine_no', 'hostname')
}
