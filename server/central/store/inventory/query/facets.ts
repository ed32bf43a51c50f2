/**
 * Counts of what a query finds, by a few properties. Each is exact where the counts that are kept answer it;
 * else what was counted until the time was over, which is less than there is, and said so.
 */

import type { StreamFilter } from '../inventory-engine.ts'
import {
  type FacetBucket,
  largestBuckets,
  MAX_BUCKETS,
  type StoredFacets,
} from '../stored-facets.ts'
import { decides } from './bounds.ts'
import { certainOf, knownCount, liveByHost, walkPlan } from './count.ts'
import { joinsFor } from './joins.ts'
import { type Planned, planSearch } from './plan.ts'
import type { SearchContext } from './search-context.ts'
import { type Sql, TRUE } from './sql.ts'

const WALK_MS = 20
const HOSTS_MS = 12
const MACHINES_MS = 15
/** So many are counted in any case. */
const HOSTS_ALWAYS = 200

type Counts = Map<number, number>

export function facetsOf(context: SearchContext, filter: StreamFilter): StoredFacets {
  const planned = planSearch(context, filter.query, filter.presence)
  const known = knownCount(context, planned)
  const classes: Counts = new Map()
  const machines: Counts = new Map()
  const walked = walkInto(context, planned, classes, machines)
  const families: Counts = new Map()
  const isEveryFamily = addCertainFamilies(context, planned, families)
  for (const [familyNo, count] of ofClasses(context, classes, 'family_no')) {
    add(families, familyNo, count)
  }
  const hosts = hostCounts(context, planned, classes)
  const byMachine = machineCounts(context, planned, machines, walked)
  const { certainLive } = certainOf(planned)
  const counted = [...classes.values()].reduce((sum, count) => sum + count, certainLive)
  return {
    total: known ?? counted,
    isTotalExact: known !== null || walked.isComplete,
    ...familyFacets(context, families),
    hosts: hosts.buckets,
    machines: byMachine.buckets,
    isExact: {
      machines: byMachine.isExact,
      hosts: hosts.isExact && walked.isComplete,
      others: walked.isComplete && isEveryFamily,
    },
  }
}

interface Walked {
  readonly isComplete: boolean
  /** Whether each stream was looked at, so that its machine is counted too. */
  readonly hasMachines: boolean
}

/** What classes do not say for sure, stream by stream or item by item. */
function walkInto(
  context: SearchContext,
  planned: Planned,
  classes: Counts,
  machines: Counts,
): Walked {
  if (planned.classes.isCounted && planned.presence === 'live') {
    return { isComplete: true, hasMachines: false }
  }
  const until = performance.now() + WALK_MS
  let hasMachines = true
  const countStreams = (streamIds: readonly number[], classNo: number | null): void => {
    const columns = classNo === null ? 'i.class_no, v.machine_no' : '0, v.machine_no'
    const rows = context.all(
      `SELECT ${columns} FROM json_each(?) AS j CROSS JOIN stream AS s ON s.stream_id = j.value
       ${classNo === null ? 'CROSS JOIN item AS i ON i.item_no = s.item_no' : ''}
       CROSS JOIN volume AS v ON v.volume_no = s.volume_no`,
      JSON.stringify(streamIds),
    ) as number[][]
    for (const [ofClass, machineNo] of rows) {
      add(classes, classNo ?? ofClass!, 1)
      add(machines, machineNo!, 1)
    }
  }
  const isComplete = walkPlan(context, planned, certainOf(planned).rest, until, {
    item: (matcher, item) => {
      const count = matcher.countStreamsOf(item)
      if (count > STREAMS_OF_ITEM) {
        hasMachines = false
        add(classes, item.classNo, count)
      } else if (count > 0) {
        const streamIds = matcher.streamsOf(item, Number.MAX_SAFE_INTEGER, STREAMS_OF_ITEM)
        countStreams(streamIds, item.classNo)
      }
    },
    streams: (_, streamIds) => countStreams(streamIds, null),
  })
  return { isComplete, hasMachines: hasMachines && certainOf(planned).certainLive === 0 }
}

/** Of an item with more, the streams are counted and not looked at one by one. */
const STREAMS_OF_ITEM = 200

/** False: the time was over before all were counted. */
function addCertainFamilies(context: SearchContext, planned: Planned, counts: Counts): boolean {
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
function addFamiliesOfHosts(context: SearchContext, certain: Sql, counts: Counts): boolean {
  const until = performance.now() + HOSTS_MS
  const hosts = context.all(
    `SELECT hs.host_no FROM host AS hs WHERE hs.live_count > 0 AND ${certain.sql} ORDER BY hs.live_count DESC`,
    ...certain.params,
  )
  for (const [i, [hostNo]] of hosts.entries()) {
    if (i >= HOSTS_ALWAYS && performance.now() > until) return false
    const rows = context.all(
      `SELECT ck.family_no, cl.live_count FROM class_key AS ck
       CROSS JOIN class AS cl ON cl.class_no = ck.class_no WHERE ck.host_no = ?`,
      hostNo,
    )
    for (const [no, live] of rows) add(counts, no as number, live as number)
  }
  return true
}

function ofClasses(
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

function familyFacets(context: SearchContext, counts: Counts) {
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

interface Bucketed {
  readonly buckets: FacetBucket[]
  readonly isExact: boolean
}

function hostCounts(context: SearchContext, planned: Planned, classes: Counts): Bucketed {
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

function machineCounts(
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

/** The machines of some of what matches: which they are, and at least how many on each. */
function sampleMachines(context: SearchContext, planned: Planned): FacetBucket[] {
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

function named(
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

function toBucket(row: readonly (string | number | null)[]): FacetBucket {
  return { value: row[0] as string, count: row[1] as number }
}

function add(counts: Counts, key: number, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
