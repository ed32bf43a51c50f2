/** Opens orders.sqlite, with the inventory beside it: previews are frozen from there without leaving SQLite. */
import { chmodSync } from 'node:fs'
import { dirname, join } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { INVENTORY_FILE } from '../inventory/open-inventory.ts'
import { listMigrations, migrate } from '../migrate.ts'

export const ORDERS_FILE = 'orders.sqlite'

const SCHEMA = new URL('./schema/', import.meta.url)

/** Each with its reason. */
const PRAGMAS = [
  'journal_mode = WAL',
  // A target that was marked sent must be so after a power cut, before any agent hears of it.
  'synchronous = FULL',
  // A backup may hold the lock for a moment.
  'busy_timeout = 10000',
  'temp_store = MEMORY',
  'cache_size = -65536',
  // A million targets are some 200 MB: copied back a few times, not at each commit.
  'wal_autocheckpoint = 16384',
  'journal_size_limit = 268435456',
  'trusted_schema = OFF',
  // Bytes that were kept are private data: what is forgotten must not stay in free pages.
  'secure_delete = ON',
  // REFERENCES say what belongs together; `sidestream central check` proves it.
  'foreign_keys = OFF',
]

export function openOrders(file: string): Database {
  const db = new SqliteDatabase(file)
  try {
    chmodSync(file, 0o600)
    for (const pragma of PRAGMAS) db.pragma(pragma)
    migrate(db, listMigrations(SCHEMA))
    db.prepare("INSERT OR IGNORE INTO orders_file VALUES (1, '', 1)").run()
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Writes all changes into the file and empties the WAL, which holds older pages. False: somebody reads, such as a backup, and
 * it is to be tried again; nobody is waited for.
 */
export function emptyWal(db: Database): boolean {
  const waitMs = db.pragma('busy_timeout', { simple: true }) as number
  db.pragma('busy_timeout = 0')
  try {
    // Of ours alone: the inventory beside it has a writer of its own.
    return db.pragma('main.wal_checkpoint(TRUNCATE)', { simple: true }) === 0
  } finally {
    db.pragma(`busy_timeout = ${waitMs}`)
  }
}

/** For the worker. It writes nothing there: all it changes is `main`. */
export function attachInventory(db: Database, ordersFile: string): void {
  db.prepare('ATTACH ? AS inventory').run(join(dirname(ordersFile), INVENTORY_FILE))
  // KiB: what a list names of the items lies all over their table.
  db.pragma('inventory.cache_size = -131072')
}
