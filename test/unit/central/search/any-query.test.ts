/**
 * Whatever the plan, a search finds what the query means: random queries over random fleets, held against an
 * evaluation of each stream by itself.
 */
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type {
  Presence,
  StoredStream,
  StreamFilter,
} from '../../../../server/central/store/inventory/inventory-engine.ts'
import {
  openToRead,
  openToWrite,
} from '../../../../server/central/store/inventory/open-inventory.ts'
import {
  cursorOf,
  type FoundPage,
  findPage,
} from '../../../../server/central/store/inventory/query/page.ts'
import { planSearch } from '../../../../server/central/store/inventory/query/plan.ts'
import {
  createReadings,
  type Readings,
} from '../../../../server/central/store/inventory/query/readings.ts'
import {
  createSearchContext,
  type SearchContext,
} from '../../../../server/central/store/inventory/query/search-context.ts'
import { CANDIDATE_NUMBERS } from '../../../../server/central/store/inventory/query/select-targets.ts'
import { createReaderContext } from '../../../../server/central/store/inventory/reader-context.ts'
import { createWriter, type WriteJob } from '../../../../server/central/store/inventory/writer.ts'
import { exclusionReason } from '../../../../server/streams/exclusion.ts'
import { expectSound } from '../sound-inventory.ts'
import { tempDataDir } from '../stored-fleet.ts'
import { type KnownStream, naiveSearch } from './naive-search.ts'
import { type MadeMachine, randomFleet, randomQuery, TIMES } from './random-fleet.ts'

const presences = fc.constantFrom<Presence>('live', 'gone', 'any')
/** Of a fleet of up to five; also one that is in none, and none at all. */
const scopes = fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 6 })))
const QUERIES_OF_A_FLEET = 25

it('finds in pages, counts and groups exactly what a query means', async () => {
  const questions = fc.array(
    fc.tuple(randomQuery, presences, scopes, fc.integer({ min: 1, max: 7 })),
    {
      minLength: QUERIES_OF_A_FLEET,
      maxLength: QUERIES_OF_A_FLEET,
    },
  )
  fc.assert(
    fc.property(randomFleet, fc.infiniteStream(fc.nat()), questions, (fleet, dice, asked) => {
      withStore(fleet, dice, (readings, context) => {
        const known = everything(readings, fleet)
        for (const [query, presence, machineNos, limit] of asked) {
          const filter = { query, presence, machineNos }
          const within = known.filter(
            ({ machineId }) => machineNos?.includes(Number(machineId.at(-1)) + 1) ?? true,
          )
          const expected = naiveSearch(within, query, presence).map(({ streamId }) => streamId)
          expectFound(context, filter, limit, expected)
          expectCounted(readings, filter, expected)
          context.forget()
          expectFacets(readings, filter, known, expected)
          expectSelected(readings, filter, known, expected)
        }
      })
    }),
    { numRuns: 12, endOnFailure: true },
  )
}, 600_000)

/** By every plan: each page but the last is full, none repeats a stream, and together they are everything. */
function expectFound(
  context: SearchContext,
  filter: StreamFilter,
  limit: number,
  expected: readonly number[],
): void {
  for (const { id, phases } of planSearch(context, filter).all) {
    const found: number[] = []
    let cursor: string | null = cursorOf({ id, phases, estimate: 0 })
    while (cursor !== null) {
      const page: FoundPage = findPage(context, filter, { limit, cursor })
      found.push(...page.streamIds)
      expect(page.streamIds.length === limit || page.cursor === null).toBe(true)
      cursor = page.cursor
    }
    const sorted = found.sort((a, b) => a - b)
    expect({ filter, id, found: sorted }).toEqual({ filter, id, found: expected })
  }
}

function expectCounted(
  readings: Readings,
  filter: StreamFilter,
  expected: readonly number[],
): void {
  const { streams } = readings.page(filter, { limit: 1_000 })
  const found = streams.map(({ streamId }) => streamId).sort((a, b) => a - b)
  const plan = readings.explain(filter)
  const answer = { found, ...readings.count(filter) }
  const meant = { found: expected, total: expected.length, isExact: true }
  expect({ filter, plan, ...answer }).toEqual({ filter, plan, ...meant })
}

/** What says that it is exact must be; what does not may be less. */
function expectFacets(
  readings: Readings,
  filter: StreamFilter,
  known: readonly KnownStream[],
  expected: readonly number[],
): void {
  const streams = known.filter(({ streamId }) => expected.includes(streamId))
  const facets = readings.facets(filter)
  expect({ filter, total: facets.total }).toEqual({ filter, total: streams.length })
  const counted = (of: (stream: StoredStream) => string | null) => {
    const counts: Record<string, number> = {}
    for (const stream of streams) {
      const value = of(stream)?.toWellFormed().replaceAll('\0', '\uFFFD').toLowerCase()
      if (value !== undefined && value !== '') counts[value] = (counts[value] ?? 0) + 1
    }
    return counts
  }
  const listed = (buckets: readonly { value: string; count: number }[]) =>
    Object.fromEntries(buckets.map(({ value, count }) => [value.toLowerCase(), count]))
  expect({ filter, zones: listed(facets.zones) }).toEqual({
    filter,
    zones: counted(({ origin }) => String(origin?.id ?? 'none')),
  })
  expect(listed(facets.verdicts)).toEqual(counted(({ verdict }) => verdict))
  expect(listed(facets.names)).toEqual(counted(({ stream }) => stream))
  expect(facets.isExact.others).toBe(true)
  if (facets.isExact.machines) {
    expect({ filter, machines: listed(facets.machines) }).toEqual({
      filter,
      machines: counted(({ hostname }) => hostname),
    })
  }
}

/** For an order: each stream that matches is named once, or left out for the reason that it has. */
function expectSelected(
  readings: Readings,
  filter: StreamFilter,
  known: readonly KnownStream[],
  expected: readonly number[],
): void {
  const { candidates, machines, excluded } = readings.selectTargets({ filter }, 'strip', 10_000)
  const named = new Map<number, number>()
  let index = 0
  for (const { machineNo, count } of machines) {
    for (const end = index + count; index < end; index++) {
      named.set(candidates[index * CANDIDATE_NUMBERS]!, machineNo)
    }
  }
  expect(named.size * CANDIDATE_NUMBERS).toBe(candidates.length)
  const streams = known.filter(({ streamId }) => expected.includes(streamId))
  const reasons: Record<string, number> = {}
  const nameable: number[] = []
  for (const stream of streams) {
    const reason = exclusionReason(stream)
    if (reason === null) nameable.push(stream.streamId)
    else reasons[reason] = (reasons[reason] ?? 0) + 1
  }
  const told = Object.fromEntries(excluded.map(({ reason, count }) => [reason, count]))
  const found = [...named.keys()].sort((a, b) => a - b)
  expect({ filter, found, told }).toEqual({ filter, found: nameable, told: reasons })
}

/** A fleet whose streams came at several times; some went, and some of those came back changed. */
function withStore(
  fleet: readonly MadeMachine[],
  dice: Iterable<number>,
  use: (readings: Readings, context: SearchContext) => void,
): void {
  const file = join(tempDataDir(), 'inventory.sqlite')
  const db = openToWrite(file)
  try {
    db.pragma('synchronous = OFF')
    const writer = createWriter(db)
    const outcomes = writer.run(jobsOf(fleet, dice))
    for (const outcome of outcomes) if ('error' in outcome) throw outcome.error
    const wanted = { until: Number.POSITIVE_INFINITY, cancelled: new Int32Array(1) }
    // One connection each: a search keeps what it is about where the connection's functions find it.
    const [first, second] = [openToRead(file), openToRead(file)]
    try {
      const context = createSearchContext(createReaderContext(second, () => wanted))
      use(createReadings(createReaderContext(first, () => wanted)), context)
    } finally {
      first.close()
      second.close()
    }
  } finally {
    db.close()
  }
  expectSound(file)
}

function jobsOf(fleet: readonly MadeMachine[], dice: Iterable<number>): WriteJob[] {
  const iterator = dice[Symbol.iterator]()
  const roll = (sides: number): number => (iterator.next().value as number) % sides
  const jobs: WriteJob[] = fleet.map(({ machineId, hostname, labels }, index) => ({
    kind: 'putMachines',
    machines: [{ machineNo: index + 1, machineId, hostname, labels }],
  }))
  for (const [step, now] of TIMES.entries()) {
    for (const { machineId, streams } of fleet) {
      const upserts = streams.filter(() => roll(TIMES.length) === 0)
      const gone = step === 0 ? [] : streams.filter(() => roll(5) === 0)
      const delta = { sequence: 1, resync: null, upserts, gone }
      jobs.push({ kind: 'apply', machineId, delta, now })
      if (roll(3) === 0) {
        const volumes = [{ volumeId: 'fs-00ff' as never, isWritable: true, confirmedAt: now + 1 }]
        jobs.push({ kind: 'setVolumes', machineId, volumes })
      }
    }
  }
  return jobs
}

function everything(readings: Readings, fleet: readonly MadeMachine[]): KnownStream[] {
  return fleet
    .flatMap(({ machineId, labels }) =>
      readings
        .machineStreams(machineId, 'any', { limit: 1_000 })
        .streams.map((stream) => ({ ...stream, labels })),
    )
    .sort((a, b) => a.streamId - b.streamId)
}
