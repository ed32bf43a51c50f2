/**
 * Counts of what a query finds, by a few properties. Each is exact where the counts that are kept answer it;
 * else what was counted until the time was over, which is less than there is, and said so.
 */

import type { StreamFilter } from '../inventory-engine.ts'
import type { StoredFacets } from '../stored-facets.ts'
import { decides } from './bounds.ts'
import {
  addByHosts,
  addCertainFamilies,
  familyFacets,
  hostCounts,
  ofClasses,
} from './class-facets.ts'
import { certainOf, knownCount, walkPlan } from './count.ts'
import { add, type Counts, named } from './facet-buckets.ts'
import {
  machineCounts,
  STREAMS_OF_ITEM,
  sampleMachines,
  talliedFacets,
  type Walked,
} from './machine-facets.ts'
import { type Planned, planSearch } from './plan.ts'
import type { SearchContext } from './search-context.ts'

const WALK_MS = 20

export function facetsOf(context: SearchContext, filter: StreamFilter): StoredFacets {
  const planned = planSearch(context, filter)
  const known = knownCount(context, planned)
  if (known === null && isOfClasses(planned)) return facetsByHosts(context, planned)
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
    ...talliedFacets(context, planned),
    hosts: hosts.buckets,
    machines: byMachine.buckets,
    isExact: {
      machines: byMachine.isExact,
      hosts: hosts.isExact && walked.isComplete,
      others: walked.isComplete && isEveryFamily,
    },
  }
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

/** Classes decide, and both families and hosts narrow: too many to list. */
function isOfClasses({ presence, classes }: Planned): boolean {
  return presence === 'live' && classes.classes === null && decides(classes.bounds)
}

function facetsByHosts(context: SearchContext, planned: Planned): StoredFacets {
  const counts = { families: new Map(), hosts: new Map() }
  const isExact = addByHosts(context, planned.classes.bounds.possible, counts)
  const total = [...counts.families.values()].reduce((sum, count) => sum + count, 0)
  counts.hosts.delete(0)
  return {
    total,
    isTotalExact: isExact,
    ...familyFacets(context, counts.families),
    hosts: named(context, counts.hosts, 'host', 'host_no', 'host'),
    machines: sampleMachines(context, planned),
    isExact: { machines: false, hosts: isExact, others: isExact },
  }
}
