/**
 * Fills a new inventory with a made-up fleet by the engine's own parts, a hundred times as fast as its writer: what
 * many machines share is looked up once, counts are written once, indexes are made at the end, and nobody waits for
 * the disk. `same-as-writer.ts` proves that the tables are the same, but for the machines' digests, which no search reads.
 */
import type { Database } from 'better-sqlite3'
import type { ClassPlace } from '../../../server/central/store/inventory/classes.ts'
import { createDictionaries } from '../../../server/central/store/inventory/dictionaries.ts'
import type { KnownMachine } from '../../../server/central/store/inventory/inventory-engine.ts'
import { itemReportOf } from '../../../server/central/store/inventory/item-report.ts'
import { createItems, type ItemEntry } from '../../../server/central/store/inventory/items.ts'
import { openToWrite } from '../../../server/central/store/inventory/open-inventory.ts'
import { createWriter, type WriteJob } from '../../../server/central/store/inventory/writer.ts'
import type { MachineId, VolumeId } from '../../../server/protocol/ids.ts'
import { reportText } from '../../../server/shared/inventory-digest.ts'
import {
  type MadeFind,
  onMachine,
  type SyntheticFleet,
  syntheticFleet,
} from '../../lib/synthetic-fleet.ts'
import { countFamilies } from './families.ts'
import { createTallies } from './tallies.ts'

export interface StoreSize {
  readonly streams: number
  readonly streamsPerMachine: number
}

const SEED = 20_261_122
/** Machines come over months, so that "first seen within" has something to leave out. */
const FIRST_REPORT = Date.UTC(2026, 5, 1)
const REPORT_SPAN_MS = 170 * 86_400_000

const MACHINES_PER_TRANSACTION = 100

/** Made at the end, sorted: filled in random order they are most of the time. */
const LATE_INDEXES = [
  'stream_by_item',
  'item_by_folder',
  'item_by_class',
  'item_by_sha256',
  'item_by_referrer',
  'item_by_size',
]

const BULK_PRAGMAS = ['synchronous = OFF', 'wal_autocheckpoint = 65536', 'cache_size = -1048576']

export function machinesOf({ streams, streamsPerMachine }: StoreSize): number {
  return Math.max(1, Math.ceil(streams / streamsPerMachine))
}

export function fleetOf({ streamsPerMachine }: StoreSize): SyntheticFleet {
  return syntheticFleet({ seed: SEED, streamsPerMachine })
}

export function reportedAt(index: number, machines: number): number {
  return FIRST_REPORT + Math.floor((index / machines) * REPORT_SPAN_MS)
}

export function knownMachine(fleet: SyntheticFleet, index: number): KnownMachine {
  return {
    machineNo: index + 1,
    machineId: fleet.machineId(index) as MachineId,
    hostname: fleet.facts(index).hostname,
    labels: fleet.labels(index),
  }
}

/** After the streams, as after a scan. */
export function confirmationOf(fleet: SyntheticFleet, index: number, now: number): WriteJob {
  const machineId = fleet.machineId(index) as MachineId
  const volume = { volumeId: fleet.volumeId(index), isWritable: true, confirmedAt: now }
  return { kind: 'setVolumes', machineId, volumes: [volume] }
}

/** `onProgress`: streams so far. */
export function buildStore(
  file: string,
  size: StoreSize,
  onProgress: (streams: number) => void = () => {},
): void {
  const db = openToWrite(file)
  try {
    for (const pragma of BULK_PRAGMAS) db.pragma(pragma)
    const late = LATE_INDEXES.map((name) => drop(db, name))
    fill(db, size, onProgress)
    db.transaction(() => countFamilies(db))()
    for (const made of late) db.exec(made)
    db.exec('ANALYZE')
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
}

function fill(db: Database, size: StoreSize, onProgress: (streams: number) => void): void {
  const fleet = fleetOf(size)
  const machines = machinesOf(size)
  const writer = createWriter(db)
  const all = Array.from({ length: machines }, (_, index) => knownMachine(fleet, index))
  writer.run([{ kind: 'putMachines', machines: all }])
  const streams = createStreamFiller(db, fleet)
  for (let from = 0; from < machines; from += MACHINES_PER_TRANSACTION) {
    const to = Math.min(machines, from + MACHINES_PER_TRANSACTION)
    db.transaction(() => {
      for (let index = from; index < to; index++)
        streams.machine(index, reportedAt(index, machines))
      streams.flush()
    })()
    onProgress(streams.count())
  }
  db.transaction(() => streams.finish())()
}

function createStreamFiller(db: Database, fleet: SyntheticFleet) {
  const itemsByClass = new Map<number, number>()
  // All of them are counted at the end.
  const counts = {
    addedItem: ({ classNo }: ClassPlace) => {
      itemsByClass.set(classNo, (itemsByClass.get(classNo) ?? 0) + 1)
    },
    takeItem: () => 0,
    addedClass: () => undefined,
    takeClass: () => ({ live: 0, items: 0 }),
  }
  const dictionaries = createDictionaries(db, counts)
  const items = createItems(db, dictionaries, counts)
  const tallies = createTallies(db)
  const insertVolume = db.prepare(
    'INSERT INTO volume (machine_no, volume_id, is_writable, confirmed_at) VALUES (?, ?, 1, ?)',
  )
  const insertFirstSeen = db.prepare('INSERT INTO first_seen VALUES (?, ?)')
  // better-sqlite3 binds numbers above 2^31 as REAL, and a column of ANY would keep them so.
  const insertStream = db.prepare<[number, number, number, number, number, number]>(`
    INSERT INTO stream (stream_id, volume_no, identity, stream_name_no, item_no, modified_at)
    VALUES (?, ?, CAST(? AS INTEGER), ?, ?, CAST(? AS INTEGER))`)
  const shared: ItemEntry[] = []
  let next = 1

  const intern = (find: Readonly<MadeFind>, volumeId: VolumeId): ItemEntry => {
    const stream = onMachine(find, volumeId)
    return items.intern(itemReportOf(stream, reportText(stream)))
  }
  const itemOf = (find: Readonly<MadeFind>, volumeId: VolumeId): ItemEntry => {
    if (find.rank === null) return intern(find, volumeId)
    shared[find.rank] ??= intern(find, volumeId)
    return shared[find.rank]!
  }

  return {
    count: () => next - 1,
    machine: (index: number, now: number): void => {
      const volumeId = fleet.volumeId(index)
      const volumeNo = Number(insertVolume.run(index + 1, volumeId, now).lastInsertRowid)
      insertFirstSeen.run(next, now)
      for (const find of fleet.finds(index)) {
        const item = itemOf(find, volumeId)
        const identity = (find.record * 0x100 + find.sequence) * 2
        const ticks = (find.ms - Date.UTC(2020, 0, 1)) * 10_000 + find.hundreds
        insertStream.run(next, volumeNo, identity, item.streamNameNo, item.itemNo, ticks)
        tallies.add(item)
        next += 1
      }
      tallies.endMachine(index + 1)
    },
    flush: (): void => {
      items.write()
      dictionaries.flush()
    },
    finish: (): void => {
      tallies.finish(itemsByClass)
      db.prepare('UPDATE engine SET next_stream_id = ?').run(next)
    },
  }
}

/** Returns the statement that makes it again. */
function drop(db: Database, name: string): string {
  const { type, sql } = db
    .prepare<[string], { type: string; sql: string }>(
      'SELECT type, sql FROM sqlite_schema WHERE name = ?',
    )
    .get(name)!
  db.exec(`DROP ${type} ${name}`)
  return sql
}
