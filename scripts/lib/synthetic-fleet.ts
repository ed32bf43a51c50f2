/**
 * A made-up fleet, the same for the same seed: machines with the streams that a fleet has. What most streams
 * are, is the same on many machines (Zipf: a few are on nearly all), and the rest is on one machine only.
 *
 *   const fleet = syntheticFleet({ seed: 1 })
 *   for (const stream of fleet.streams(7)) …         what machine 7 has at first
 *   fleet.churn(7, 1)                                 what changed on it on day 1, as a delta's content
 */

import type { MachineFacts } from '../../server/protocol/link-frames.ts'
import type { ReportedStream, StreamKey } from '../../server/protocol/stream.ts'
import { type Random, randomFrom, zipf } from './seeded-random.ts'
import { type MadeItem, ownItem, sharedItem } from './synthetic-items.ts'

export interface FleetOptions {
  seed: number
  /** Of each machine. */
  streamsPerMachine?: number
  /** Of a machine's streams, how much is on no other machine: 0 to 1. */
  ownShare?: number
  /** Different items that machines share. */
  sharedPool?: number
}

export interface SyntheticFleet {
  machineId(index: number): string
  facts(index: number): MachineFacts
  /** `site:…`, `role:…`: what administrators would call it. */
  labels(index: number): string[]
  /** In the order in which a scan finds them: by file reference. */
  streams(index: number): ReportedStream[]
  /** The same before it is written out, for whoever needs millions. Each time the same object, filled anew. */
  finds(index: number): Generator<Readonly<MadeFind>, void, undefined>
  volumeId(index: number): ReportedStream['volumeId']
  /** One day's change: `share` of the streams go, as many come, as many change. */
  churn(index: number, day: number, share?: number): SyntheticChurn
}

/** A stream on a machine. */
export interface MadeFind {
  item: MadeItem
  /** What many machines share has a number; null: it is on this machine only. */
  rank: number | null
  /** Of the file reference. */
  record: number
  sequence: number
  /** Modified at, and the hundred nanoseconds beyond. */
  ms: number
  hundreds: number
}

export interface SyntheticChurn {
  upserts: ReportedStream[]
  gone: StreamKey[]
}

const SITES = ['berlin', 'paris', 'lyon', 'oslo', 'porto', 'graz', 'turin', 'leeds']
const ROLES = ['office', 'office', 'office', 'developer', 'kiosk', 'server', 'lab']
/** Places in the MFT between two files that have streams. */
const MAX_RECORD_GAP = 160
const MODIFIED_FROM = Date.UTC(2023, 0, 1)
const MODIFIED_SPAN_MS = 3 * 365 * 86_400_000

export function syntheticFleet(options: FleetOptions): SyntheticFleet {
  const { seed, streamsPerMachine = 5_000, ownShare = 0.08, sharedPool = 200_000 } = options
  const popularity = zipf(sharedPool, 0.9)
  const pool: MadeItem[] = []
  const shared = (rank: number): MadeItem => (pool[rank] ??= sharedItem(seed, rank))

  const pick = (random: Random, index: number, taken: Set<number>): [MadeItem, number | null] => {
    if (random.next() < ownShare) return [ownItem(random, index), null]
    let rank = popularity(random)
    // What it has already makes place for the next in popularity.
    while (taken.has(rank)) rank = (rank + 1) % sharedPool
    taken.add(rank)
    return [shared(rank), rank]
  }

  function* finds(index: number): Generator<MadeFind, void, undefined> {
    const random = randomFrom(seed, 1, index)
    const taken = new Set<number>()
    const find = { record: 40 } as MadeFind
    for (let n = 0; n < streamsPerMachine; n++) {
      find.record += 1 + random.below(MAX_RECORD_GAP)
      ;[find.item, find.rank] = pick(random, index, taken)
      find.sequence = 1 + random.below(12)
      find.ms = MODIFIED_FROM + Math.floor(random.next() * MODIFIED_SPAN_MS)
      find.hundreds = random.below(10_000)
      yield find
    }
  }

  const streams = (index: number): ReportedStream[] => {
    const volumeId = volumeOf(seed, index)
    return Array.from(finds(index), (find) => onMachine(find, volumeId))
  }

  return {
    machineId: (index) => uuidOf(seed, index),
    facts: (index) => ({
      hostname: hostnameOf(index),
      platform: index % 50 === 49 ? 'linux' : 'win32',
      osRelease: '10.0.22631',
      architecture: 'x64',
      agentVersion: '0.1.0',
    }),
    labels: (index) => {
      const random = randomFrom(seed, 2, index)
      return [`site:${random.of(SITES)}`, `role:${random.of(ROLES)}`]
    },
    streams,
    finds,
    volumeId: (index) => volumeOf(seed, index),
    churn: (index, day, share = 0.01) => {
      const random = randomFrom(seed, 3, index, day)
      const before = streams(index)
      const count = Math.max(1, Math.round((before.length * share) / 3))
      const gone = sample(random, before, count).map(keyOf)
      const changed = sample(random, before, count)
        .filter((stream) => !gone.some((key) => key.identity === stream.identity))
        .map((stream) => ({ ...stream, sizeBytes: stream.sizeBytes + 1 + random.below(9) }))
      const added = Array.from({ length: count }, (_, n) => {
        const item = ownItem(random, index)
        const ms = MODIFIED_FROM + Math.floor(random.next() * MODIFIED_SPAN_MS)
        const place = { record: 2_000_000 + day * 1_000 + n, sequence: 1 }
        const find = { item, rank: null, ...place, ms, hundreds: random.below(10_000) }
        return onMachine(find, volumeOf(seed, index))
      })
      return { upserts: [...changed, ...added], gone }
    },
  }
}

export function hostnameOf(index: number): string {
  return `${SITES[index % SITES.length]?.slice(0, 3).toUpperCase()}-PC-${String(index).padStart(5, '0')}`
}

export function onMachine(
  { item, record, sequence, ms, hundreds }: Readonly<MadeFind>,
  volumeId: ReportedStream['volumeId'],
): ReportedStream {
  const fraction = String(hundreds).padStart(4, '0')
  return {
    volumeId,
    identity: `ntfs:${(BigInt(sequence) << 48n) | BigInt(record)}` as ReportedStream['identity'],
    modifiedAt: `${`${new Date(ms).toISOString().slice(0, -1)}${fraction}`.replace(/\.?0+$/, '')}Z`,
    ...item,
  }
}

function volumeOf(seed: number, index: number): ReportedStream['volumeId'] {
  const random = randomFrom(seed, 4, index)
  return `ntfs-${random.hex(16)}` as ReportedStream['volumeId']
}

function uuidOf(seed: number, index: number): string {
  const hex = randomFrom(seed, 5, index).hex(32)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function sample<T>(random: Random, all: readonly T[], count: number): T[] {
  const chosen = new Set<number>()
  while (chosen.size < Math.min(count, all.length)) chosen.add(random.below(all.length))
  return [...chosen].map((index) => all[index] as T)
}

function keyOf({ volumeId, identity, stream }: ReportedStream): StreamKey {
  return { volumeId, identity, stream }
}
