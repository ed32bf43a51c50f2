import type { Database } from 'better-sqlite3'

/** One comparison of what is kept with what it is kept of. */
export interface Check {
  /** In words, for a table. */
  what: string
  /** A sentence for each fault, found while it is asked for. */
  faults(db: Database): Iterable<string>
}
