/** Opens central.sqlite and brings it to the schema that this build knows. */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { listMigrations, migrate } from './migrate.ts'
import { moveInventory, OLD_SCHEMA } from './move-inventory.ts'
import { LAST_SCHEMA_WITH_ORDERS, moveOrders } from './move-orders.ts'

export const DATABASE_FILE = 'central.sqlite'

/** Each with its reason. */
const PRAGMAS = [
  // Readers do not wait for the writer.
  'journal_mode = WAL',
  // FULL, not WAL's usual NORMAL: an acknowledged delta must outlive a power cut, not only a crash of ours.
  'synchronous = FULL',
  'foreign_keys = ON',
  // A backup or an administrator's sqlite3 may hold the lock for a moment.
  'busy_timeout = 5000',
  // Facets sort and group; keep that off the disk.
  'temp_store = MEMORY',
  'cache_size = -65536',
  // The schema's own functions and views are never to be trusted with side effects.
  'trusted_schema = OFF',
]

/** `inventoryFile` and `ordersFile`: where an old schema's streams and orders go. */
export function openDatabase(dataDir: string, inventoryFile: string, ordersFile: string): Database {
  // For nobody else: it holds password hashes and what every machine of the fleet has on its disks.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, DATABASE_FILE)
  const db = new SqliteDatabase(file)
  try {
    // Also where the folder was there already. SQLite gives the WAL the mode of the file.
    chmodSync(file, 0o600)
    for (const pragma of PRAGMAS) db.pragma(pragma)
    if (db.pragma('user_version', { simple: true }) === OLD_SCHEMA) moveInventory(db, inventoryFile)
    if ((db.pragma('user_version', { simple: true }) as number) <= LAST_SCHEMA_WITH_ORDERS) {
      migrate(db, listMigrations().slice(0, LAST_SCHEMA_WITH_ORDERS))
      moveOrders(db, ordersFile)
    }
    migrate(db)
    // Lets the planner know the data's shape; cheap, and a no-op where nothing changed.
    db.pragma('optimize = 0x10002')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Leaves one file behind: the WAL is written back and emptied. */
export function closeDatabase(db: Database): void {
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}
