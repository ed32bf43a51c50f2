/** Opens inventory.sqlite: once to write, any number of times to read. */
import { randomUUID } from 'node:crypto'
import { chmodSync } from 'node:fs'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { listMigrations, migrate } from '../migrate.ts'
import { keepNumbers } from './kept-numbers.ts'

export const INVENTORY_FILE = 'inventory.sqlite'

const SCHEMA = new URL('./schema/', import.meta.url)

/** Each with its reason. */
const WRITER_PRAGMAS = [
  // Readers do not wait for the writer.
  'journal_mode = WAL',
  // FULL, not WAL's usual NORMAL: an acknowledged delta must outlive a power cut, not only a crash of ours.
  'synchronous = FULL',
  // A backup may hold the lock for a moment.
  'busy_timeout = 10000',
  'temp_store = MEMORY',
  // KiB: the hot pages of three indexes.
  'cache_size = -262144',
  // Pages that are written often are copied back once, not at each commit.
  'wal_autocheckpoint = 16384',
  // A checkpoint leaves the WAL at its largest; give what is beyond 256 MiB back.
  'journal_size_limit = 268435456',
  'trusted_schema = OFF',
  // REFERENCES say what belongs together; `sidestream central check` proves it. Each row would be looked up.
  'foreign_keys = OFF',
]

const READER_PRAGMAS = [
  'busy_timeout = 10000',
  'temp_store = MEMORY',
  'cache_size = -131072',
  'trusted_schema = OFF',
  'query_only = ON',
]

/** Statistics of fewer are worse than those that the schema brings along. */
const MEASURED_FROM_STREAMS = 50_000

export function openToWrite(file: string): Database {
  const db = new SqliteDatabase(file)
  try {
    chmodSync(file, 0o600)
    for (const pragma of WRITER_PRAGMAS) db.pragma(pragma)
    migrate(db, listMigrations(SCHEMA))
    keepNumbers(db)
    db.prepare('INSERT OR IGNORE INTO engine VALUES (1, ?, 1)').run(randomUUID())
    if (hasStreams(db, MEASURED_FROM_STREAMS)) db.pragma('optimize = 0x10002')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function hasStreams(db: Database, count: number): boolean {
  return db.prepare('SELECT 1 FROM stream LIMIT 1 OFFSET ?').get(count - 1) !== undefined
}

export function openToRead(file: string): Database {
  const db = new SqliteDatabase(file, { readonly: true, fileMustExist: true })
  for (const pragma of READER_PRAGMAS) db.pragma(pragma)
  return db
}

/** Leaves one file behind: the WAL is written back and emptied. */
export function closeWriter(db: Database): void {
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}
