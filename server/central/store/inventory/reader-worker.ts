/** A worker that reads the inventory: one connection, one reading at a time. */
import { workerData } from 'node:worker_threads'
import { openToRead } from './open-inventory.ts'
import { createReadings, type Readings } from './query/readings.ts'
import { createReaderContext, type Wanted } from './reader-context.ts'

export type ReadingName = keyof Readings

export interface ReadTask {
  reading: ReadingName
  args: unknown[]
  /** From the moment when the reading begins. */
  deadlineMs: number
  /** One cell; not 0: the caller has gone. */
  cancelled: Int32Array
}

export interface ReaderData {
  file: string
  /** One cell: how many threads have come up. */
  started: Int32Array
}

/** What a reading threw, in a form that survives the way back: classes do not. */
export type ReadAnswer = { value: unknown } | { error: ReadError }

export interface ReadError {
  name: string
  message: string
  code: string | undefined
  statusCode: number | undefined
  /** Of a QueryError. */
  position: number | undefined
  length: number | undefined
}

let wanted: Wanted = { until: 0, cancelled: new Int32Array(1) }
const { file, started } = workerData as ReaderData
const db = openToRead(file)
const readings = createReadings(createReaderContext(db, () => wanted))
// Not before the pool has this module: what it does to load it must not be cut off either.
queueMicrotask(() => Atomics.add(started, 0, 1))

export default function read({ reading, args, deadlineMs, cancelled }: ReadTask): ReadAnswer {
  wanted = { until: performance.now() + deadlineMs, cancelled }
  try {
    const run = readings[reading] as (...args: unknown[]) => unknown
    return { value: run(...args) }
  } catch (error) {
    const { name, message, code, statusCode, position, length } = error as Error & ReadError
    return { error: { name, message, code, statusCode, position, length } }
  }
}
