/**
 * Substrings of a dictionary's texts, three letters at a time. What is new is taken over from the dictionary by one
 * statement, last in a transaction: in between, other statements would make the full-text table write what it has in
 * memory as a segment of its own, and to merge thousands of tiny segments cost more than all else.
 */
import type { Database } from 'better-sqlite3'

export interface Trigrams {
  /** Of the dictionary's rows from this number on, which are written and have none yet. */
  addFrom(no: number): void
}

export function createTrigrams(
  db: Database,
  table: string,
  numberColumn: string,
  column: string,
): Trigrams {
  const insert = db.prepare<[number]>(`
    INSERT INTO ${table}_text (rowid, ${column})
    SELECT ${numberColumn}, ${column} FROM ${table} WHERE ${numberColumn} >= ?
  `)
  return { addFrom: (no) => void insert.run(no) }
}
