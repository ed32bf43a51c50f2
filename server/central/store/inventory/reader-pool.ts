/** Readings of the inventory, off the event loop. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Piscina } from 'piscina'
import { AppError } from '../../../shared/app-error.ts'
import { QueryError } from '../../../streams/query/ast.ts'
import type { ReadOptions } from './inventory-engine.ts'
import type { Readings } from './query/readings.ts'
import type { ReadAnswer, ReadError, ReaderData, ReadingName, ReadTask } from './reader-worker.ts'

export interface ReaderPool {
  read<Name extends ReadingName>(
    reading: Name,
    args: Parameters<Readings[Name]>,
    options?: ReadOptions,
  ): Promise<ReturnType<Readings[Name]>>
  close(): Promise<void>
}

const DEFAULT_DEADLINE_MS = 30_000
/** Readings that may wait for a worker; more would be answered too late to be of use. */
const MAX_WAITING = 1_000

/** A thread that has not come up by then never will. */
const START_MS = 10_000

export function createReaderPool(file: string, threads: number): ReaderPool {
  const started = new Int32Array(new SharedArrayBuffer(4))
  const pool = new Piscina<ReadTask, ReadAnswer>({
    filename: new URL('./reader-worker.ts', import.meta.url).href,
    // A worker takes 100 ms to start; the first question need not wait for the second worker.
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    maxQueue: MAX_WAITING,
    workerData: { file, started } satisfies ReaderData,
    // A reading may hold what millions of names match; what central as a whole may use is set where it starts.
    recordTiming: false,
  })
  return {
    read: async (reading, args, options = {}) => {
      const { deadlineMs = DEFAULT_DEADLINE_MS, signal } = options
      signal?.throwIfAborted()
      const cancelled = new Int32Array(new SharedArrayBuffer(4))
      const cancel = (): void => void Atomics.store(cancelled, 0, 1)
      signal?.addEventListener('abort', cancel, { once: true })
      try {
        const answer = await pool.run({ reading, args, deadlineMs, cancelled })
        signal?.throwIfAborted()
        if ('error' in answer) throw revived(answer.error)
        return answer.value as never
      } finally {
        signal?.removeEventListener('abort', cancel)
      }
    },
    close: async () => {
      // To end a thread that loads a native module would end the process.
      const latest = performance.now() + START_MS
      while (Atomics.load(started, 0) < pool.threads.length && performance.now() < latest) {
        await sleep(5)
      }
      await pool.destroy()
    },
  }
}

function revived({ name, message, code, statusCode, position, length }: ReadError): Error {
  if (name === 'QueryError') return new QueryError(message, position ?? 0, length ?? 0)
  if (name === 'AppError') return new AppError(code ?? 'INTERNAL', statusCode ?? 500, message)
  return Object.assign(new Error(message), { name, code })
}
