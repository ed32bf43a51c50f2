/**
 * How fast the inventory takes in what a fleet reports, against better-sqlite3 inserting the same rows into the same
 * tables, and how many bytes a stream takes.
 *
 * usage: npm run bench -- store [--machines N] [--pool N]
 *   --machines N  of 5,000 streams each; 80 if not given
 *   --pool N      different items that they share; 30,000 if not given: as many as are met often enough in so small a
 *                 fleet, as 200,000 are in one of 10,000 machines
 */
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Database } from 'better-sqlite3'
import { decodeDelta } from '../../../server/central/store/inventory/decode-delta.ts'
import { closeWriter, openToWrite } from '../../../server/central/store/inventory/open-inventory.ts'
import { createWriter, type WriteJob } from '../../../server/central/store/inventory/writer.ts'
import { MAX_DELTA_ENTRIES } from '../../../server/protocol/limits.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import { encodeFrame } from '../../../server/shared/frame-codec.ts'
import { syntheticFleet } from '../../lib/synthetic-fleet.ts'
import { median } from '../lib/measure.ts'
import { benchFolder, conclude, type Target } from '../lib/report.ts'
import { type BareCopy, openBareCopy, threadMs } from './bare-copy.ts'

/** Machines that report at once: their deltas share a transaction. */
const MACHINES_AT_ONCE = 4

interface Round {
  streams: number
  decodeMs: number
  writeMs: number
  bareMs: number
}

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      machines: { type: 'string', default: '80' },
      pool: { type: 'string', default: '30000' },
    },
  })
  const [machines, sharedPool] = [Number(values.machines), Number(values.pool)]
  const folder = join(benchFolder, 'store')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'inventory.sqlite')
  const db = openToWrite(file)
  const bare = openBareCopy(join(folder, 'bare.sqlite'))
  const rounds = fill(db, bare, machines, sharedPool)
  const sizes = sizesOf(db)
  const { itemCount } = db
    .prepare<[], { itemCount: number }>('SELECT count(*) AS itemCount FROM item')
    .get()!
  closeWriter(db)
  bare.close()
  const streams = rounds.reduce((sum, round) => sum + round.streams, 0)
  const bytesPerStream = statSync(file).size / streams
  const atScale = bytesAtScale(sizes, streams, itemCount)
  rmSync(folder, { recursive: true })

  // While the pool is still being met for the first time, most items are new; no large fleet is like that.
  const steady = rounds.slice(Math.floor(rounds.length / 2))
  const ratio = (of: (round: Round) => number) => median(steady.map(of))
  const perSecond = (of: (round: Round) => number) =>
    median(steady.map((round) => (round.streams / of(round)) * 1_000))
  console.log(
    `streams per second of CPU, median of ${steady.length} rounds: bare ${perSecond(({ bareMs }) => bareMs).toFixed(0)}, written ${perSecond(({ writeMs }) => writeMs).toFixed(0)}, decompressed, checked and written ${perSecond(({ decodeMs, writeMs }) => decodeMs + writeMs).toFixed(0)}`,
  )
  console.log(`bytes per stream: ${bytesPerStream.toFixed(1)} here; table by table:`)
  for (const { name, bytes } of sizes.slice(0, 16)) {
    console.log(`  ${name.padEnd(28)} ${(bytes / streams).toFixed(1).padStart(6)}`)
  }
  const targets: Target[] = [
    {
      what: 'writing, in the rate of bare inserts',
      unit: '%',
      value: 100 * ratio(({ bareMs, writeMs }) => bareMs / writeMs),
      atLeast: 70,
    },
    {
      what: 'decompressing, checking and writing in one thread, in the rate of bare inserts',
      unit: '%',
      value: 100 * ratio(({ bareMs, decodeMs, writeMs }) => bareMs / (decodeMs + writeMs)),
      atLeast: 50,
    },
    { what: 'a stream of a fleet of 10,000', unit: 'bytes', value: atScale, atMost: 120 },
  ]
  return conclude('store', targets, [], {
    machines,
    sharedPool,
    streams,
    bytesPerStream,
    sizes,
    rounds,
  })
}

function fill(db: Database, bare: BareCopy, machines: number, sharedPool: number): Round[] {
  const writer = createWriter(db)
  const fleet = syntheticFleet({ seed: 1, sharedPool })
  const rounds: Round[] = []
  for (let first = 0; first < machines; first += MACHINES_AT_ONCE) {
    const numbers = Array.from({ length: MACHINES_AT_ONCE }, (_, n) => first + n)
    const puts = numbers.map((index) => ({
      machineNo: index + 1,
      machineId: fleet.machineId(index) as never,
      hostname: fleet.facts(index).hostname,
      labels: fleet.labels(index),
    }))
    run(writer, [{ kind: 'putMachines', machines: puts }])
    const frames = numbers.flatMap((index) =>
      framesOf(fleet.streams(index)).map((frame) => ({ machineId: fleet.machineId(index), frame })),
    )
    const begin = threadMs()
    const jobs = frames.map(({ machineId, frame }): WriteJob => {
      return {
        kind: 'apply',
        machineId: machineId as never,
        delta: decodeDelta(frame),
        now: Date.now(),
      }
    })
    const decoded = threadMs()
    run(writer, jobs)
    const written = threadMs()
    const streams = jobs.reduce(
      (sum, job) => sum + (job.kind === 'apply' ? job.delta.upserts.length : 0),
      0,
    )
    rounds.push({
      streams,
      decodeMs: decoded - begin,
      writeMs: written - decoded,
      bareMs: bare.catchUp(db),
    })
  }
  return rounds
}

function run(writer: ReturnType<typeof createWriter>, jobs: readonly WriteJob[]): void {
  for (const outcome of writer.run(jobs)) if ('error' in outcome) throw outcome.error
}

function framesOf(streams: readonly ReportedStream[]): Buffer[] {
  const frames: Buffer[] = []
  for (let from = 0; from < streams.length; from += MAX_DELTA_ENTRIES) {
    const upserts = streams.slice(from, from + MAX_DELTA_ENTRIES)
    const sequence = frames.length + 1
    frames.push(
      encodeFrame({ type: 'inventory.delta', sequence, resync: null, upserts, gone: [] }) as Buffer,
    )
  }
  return frames
}

interface Size {
  name: string
  bytes: number
}

function sizesOf(db: Database): Size[] {
  return db
    .prepare<[], Size>(
      'SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY 2 DESC',
    )
    .all()
}

const FLEET_STREAMS = 50_000_000
const FLEET_POOL = 200_000
const OWN_SHARE = 0.08

/**
 * What belongs to a stream is the same in a fleet of any size. What belongs to an item is there once for each: a large
 * fleet has its pool, and what is on one machine only.
 */
function bytesAtScale(sizes: readonly Size[], streams: number, itemCount: number): number {
  const isOfStream = ({ name }: Size): boolean =>
    /^(sqlite_autoindex_)?stream(_by_|_1$|$)/.test(name)
  const sum = (all: readonly Size[]): number => all.reduce((total, { bytes }) => total + bytes, 0)
  const items = sum(sizes.filter((size) => !isOfStream(size)))
  const fleetItems = FLEET_STREAMS * OWN_SHARE + FLEET_POOL
  return (
    sum(sizes.filter(isOfStream)) / streams + ((items / itemCount) * fleetItems) / FLEET_STREAMS
  )
}
