/**
 * How soon twelve questions are answered over a made-up fleet while its machines go on reporting, and how many
 * bytes a stream takes.
 *
 * usage: npm run bench -- search [--streams N] [--rounds N] [--store FILE]
 *   --streams N   2000000 if not given; 50000000 is the size that the targets are for, and takes an hour to build
 *   --rounds N    times that each question is asked; 30 if not given
 *   --store FILE  where the store is kept; one that is there already, of that size, is used again
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { InventoryEngine } from '../../../server/central/store/inventory/inventory-engine.ts'
import { openSqliteEngine } from '../../../server/central/store/inventory/sqlite-engine.ts'
import { parseQuery } from '../../../server/streams/query/parse-query.ts'
import { benchFolder, conclude, type Target } from '../lib/report.ts'
import { buildStore, type StoreSize } from './build-store.ts'
import { type CanonicalQuery, canonicalQueries } from './canonical-queries.ts'
import { startChurn } from './churn.ts'

const PAGE = 50
const AT_MOST_MS = 100
const AT_MOST_BYTES = 120
/** The day after the last machine of the fleet reported. */
const NOW = Date.UTC(2026, 10, 19)

interface Timing {
  readonly what: string
  readonly q: string
  readonly p50: number
  readonly p95: number
  readonly total: string
}

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      streams: { type: 'string', default: '2000000' },
      rounds: { type: 'string', default: '30' },
      store: { type: 'string' },
    },
  })
  const size: StoreSize = { streams: Number(values.streams), streamsPerMachine: 5_000 }
  const file = values.store ?? join(benchFolder, `search-${size.streams}.sqlite`)
  makeStore(file, size)
  const engine = await openSqliteEngine({ file })
  try {
    const churn = startChurn(engine, size)
    const timings = await timeAll(engine, Number(values.rounds))
    const churned = await churn.stop()
    const stats = await engine.stats()
    print(timings)
    console.log(
      `\nmeanwhile ${churned.streams} streams changed, ${churned.perSecond.toFixed(0)} a second`,
    )
    const bytes = stats.bytes / stats.streams
    const targets: Target[] = [
      ...timings.map(({ what, p95 }) => ({
        what: `p95 of "${what}", first page and total`,
        unit: 'ms',
        value: p95,
        atMost: AT_MOST_MS,
      })),
      {
        what: `bytes on disk for each of ${stats.streams} streams, indexes included`,
        unit: 'bytes',
        value: bytes,
        atMost: AT_MOST_BYTES,
      },
    ]
    return conclude('search', targets, [], { size, timings, churned, stats })
  } finally {
    await engine.close()
  }
}

function makeStore(file: string, size: StoreSize): void {
  if (existsSync(file)) return
  mkdirSync(dirname(file), { recursive: true })
  const started = performance.now()
  const unfinished = `${file}.unfinished`
  let shown = started
  buildStore(unfinished, size, (streams) => {
    if (performance.now() - shown < 30_000) return
    shown = performance.now()
    console.log(`${streams} streams after ${((shown - started) / 1000).toFixed(0)} s`)
  })
  renameSync(unfinished, file)
  console.log(`built in ${((performance.now() - started) / 1000).toFixed(0)} s: ${file}`)
}

/** In turns, so that what is slow for a moment is slow for all. */
async function timeAll(engine: InventoryEngine, rounds: number): Promise<Timing[]> {
  const times = new Map(canonicalQueries.map((query) => [query, [] as number[]]))
  const totals = new Map<CanonicalQuery, string>()
  for (const query of canonicalQueries) await ask(engine, query)
  for (let round = 0; round < rounds; round++) {
    for (const query of canonicalQueries) {
      const started = performance.now()
      totals.set(query, await ask(engine, query))
      times.get(query)!.push(performance.now() - started)
    }
  }
  return canonicalQueries.map((query) => {
    const sorted = times.get(query)!.sort((a, b) => a - b)
    const at = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
    return { what: query.what, q: query.q, p50: at(0.5), p95: at(0.95), total: totals.get(query)! }
  })
}

async function ask(engine: InventoryEngine, { q, isFacets }: CanonicalQuery): Promise<string> {
  const filter = { query: parseQuery(q, NOW), presence: 'live' } as const
  if (isFacets) {
    const { total, isTotalExact } = await engine.facets(filter)
    return totalWords(total, isTotalExact)
  }
  const [, { total, isExact }] = await Promise.all([
    engine.page(filter, { limit: PAGE }),
    engine.count(filter),
  ])
  return totalWords(total, isExact)
}

const totalWords = (total: number, isExact: boolean) => `${isExact ? '' : 'at least '}${total}`

function print(timings: readonly Timing[]): void {
  console.log(`\n${'question'.padEnd(20)}  ${'query'.padEnd(46)}  p50 ms  p95 ms  total`)
  for (const { what, q, p50, p95, total } of timings) {
    console.log(
      `${what.padEnd(20)}  ${q.padEnd(46)}  ${p50.toFixed(1).padStart(6)}  ${p95.toFixed(1).padStart(6)}  ${total}`,
    )
  }
}
