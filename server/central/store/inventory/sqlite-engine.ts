/** The inventory engine over SQLite: a writer thread, reader threads, and in this thread what must be known at once. */
import { statSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import type { MachineId } from '../../../protocol/ids.ts'
import type {
  DeltaApplied,
  InventoryEngine,
  MachineCounts,
  MachineInventory,
  ResumePoint,
} from './inventory-engine.ts'
import { createReaderPool } from './reader-pool.ts'
import { startWriter } from './writer-client.ts'

export interface SqliteEngineOptions {
  file: string
  /** Searches that run at the same time. */
  readerThreads?: number
  /** Pause before a full disk or a dead writer is tried again. */
  retryMs?: number
  /** Told of each worker that writes: for tests that take it away. */
  onWriter?: ((worker: Worker) => void) | undefined
}

/** Gone streams that one transaction forgets. */
const PRUNE_STREAMS = 2_000

export async function openSqliteEngine(options: SqliteEngineOptions): Promise<InventoryEngine> {
  const { file, readerThreads = 2 } = options
  const held = new Map<MachineId, MachineInventory>()
  const writer = await startWriter({
    file,
    onOpened: (machines) => {
      held.clear()
      for (const machine of machines) held.set(machine.machineId, machine.held)
    },
    onWriter: options.onWriter,
    ...(options.retryMs === undefined ? {} : { retryMs: options.retryMs }),
  })
  const readers = createReaderPool(file, readerThreads)
  const { read } = readers

  const applied = (machineId: MachineId, answer: DeltaApplied): DeltaApplied => {
    held.set(machineId, { counts: answer.counts, digest: answer.digest })
    return answer
  }

  return {
    putMachines: async (machines) => {
      await writer.run({ kind: 'putMachines', machines })
      for (const { machineId } of machines) {
        if (!held.has(machineId)) held.set(machineId, EMPTY)
      }
    },
    applyFrame: async (machineId, bytes, now) => {
      // A copy: the bytes may lie in a buffer that their owner uses again.
      const frame = new Uint8Array(bytes)
      return applied(
        machineId,
        (await writer.run({ kind: 'applyFrame', machineId, frame, now })) as DeltaApplied,
      )
    },
    apply: async (machineId, delta, now) =>
      applied(
        machineId,
        (await writer.run({ kind: 'apply', machineId, delta, now })) as DeltaApplied,
      ),
    setVolumes: async (machineId, volumes) =>
      void (await writer.run({ kind: 'setVolumes', machineId, volumes })),
    beginConnection: async (machineId, epoch) =>
      (await writer.run({ kind: 'beginConnection', machineId, epoch })) as ResumePoint,

    held: (machineId) => held.get(machineId),
    totals: () => sumOf(held.values()),
    page: (filter, page, how) => read('page', [filter, page], how),
    count: (filter, how) => read('count', [filter], how),
    facets: (filter, how) => read('facets', [filter], how),
    explain: (filter) => read('explain', [filter]),
    find: (streamId) => read('find', [streamId]),
    listByIds: (streamIds) => read('listByIds', [streamIds]),
    selectTargets: (request, action, max, how) =>
      read('selectTargets', [request, action, max], how),
    suggest: (field, prefix, limit) => read('suggest', [field, prefix, limit]),
    whereIs: (what, page, how) => read('whereIs', [what, page], how),
    machineStreams: (machineId, presence, page, how) =>
      read('machineStreams', [machineId, presence, page], how),
    bucketDigests: (machineId, bucketCount) => read('bucketDigests', [machineId, bucketCount]),

    state: writer.state,
    onState: writer.onState,
    ping: () => read('ping', []),
    stats: async () => {
      const counts = await read('stats', [])
      const [bytes, walBytes] = [sizeOf(file), sizeOf(`${file}-wal`)]
      return { ...counts, bytes, walBytes, bytesPerStream: bytes / Math.max(1, counts.streams) }
    },
    prune: async (goneBefore) => {
      let pruned = 0
      while (true) {
        const count = await writer.run({ kind: 'prune', goneBefore, limit: PRUNE_STREAMS })
        if (count === 0) return pruned
        pruned += count as number
      }
    },
    close: async () => {
      await readers.close()
      await writer.close()
    },
  }
}

const EMPTY: MachineInventory = {
  counts: { streams: 0, marks: 0, suspicious: 0 },
  digest: '0'.repeat(32),
}

function sumOf(all: Iterable<MachineInventory>): MachineCounts {
  const sum = { streams: 0, marks: 0, suspicious: 0 }
  for (const { counts } of all) {
    sum.streams += counts.streams
    sum.marks += counts.marks
    sum.suspicious += counts.suspicious
  }
  return sum
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
