/**
 * Substrings of a dictionary's texts, three letters at a time. What is new is gathered, and written last in a
 * transaction: whenever a statement fires triggers, SQLite makes every full-text table write what it has in memory as a
 * segment of its own, and to merge thousands of tiny segments cost more than all else.
 */
import type { Database } from 'better-sqlite3'

export interface Trigrams {
  add(no: number, text: string): void
  flush(): void
  /** After a rollback. */
  forget(): void
}

export function createTrigrams(db: Database, table: string, column: string): Trigrams {
  const insert = db.prepare<[number, string]>(
    `INSERT INTO ${table} (rowid, ${column}) VALUES (?, ?)`,
  )
  let pending: [no: number, text: string][] = []
  return {
    add: (no, text) => void pending.push([no, text]),
    flush: () => {
      for (const [no, text] of pending) insert.run(no, text)
      pending = []
    },
    forget: () => {
      pending = []
    },
  }
}
