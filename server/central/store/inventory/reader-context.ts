/** What every reading of the inventory has: a connection that cannot write, and an eye on whether to go on. */
import type { Database } from 'better-sqlite3'
import { AppError } from '../../../shared/app-error.ts'

export interface ReaderContext {
  /** Read-only, of this worker alone. Prepare what is constant once, when the readings are made. */
  db: Database
  /**
   * Throws when the answer is not wanted any more or its time is over. Call it between rows. Within SQL that
   * may look at many rows before it returns one, `AND still_wanted()` does the same.
   */
  check(): void
}

/** Of one request: set before its reading begins. */
export interface Wanted {
  /** By `performance.now()` of this worker. */
  until: number
  /** Not 0: the caller has gone. Written by the event loop's thread. */
  cancelled: Int32Array
}

/** `still_wanted()` looks at the clock once in so many calls: the clock costs more than most filters. */
const CALLS_PER_LOOK = 256

export function createReaderContext(db: Database, wanted: () => Wanted): ReaderContext {
  const check = (): void => {
    const { until, cancelled } = wanted()
    if (Atomics.load(cancelled, 0) !== 0) throw new AppError('SEARCH_CANCELLED', 499, 'cancelled')
    if (performance.now() > until) {
      const message = 'the search took too long; narrow it, for example by machine or time'
      throw new AppError('SEARCH_TIMEOUT', 503, message)
    }
  }
  let calls = 0
  db.function('still_wanted', { deterministic: false, directOnly: true }, () => {
    calls += 1
    if (calls % CALLS_PER_LOOK === 0) check()
    return 1
  })
  return { db, check }
}
