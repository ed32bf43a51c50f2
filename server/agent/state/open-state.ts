/**
 * Opens the agent's SQLite file. All SQL of the agent is in this folder, and nothing but SQL: what a row
 * means is decided in inventory/, scan/ and strip/.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { AppError } from '../../shared/app-error.ts'
import { type CheckpointStore, createCheckpointStore } from './checkpoint-store.ts'
import { createInventoryStore, type InventoryStore } from './inventory-store.ts'
import { createJournalStore, type JournalStore } from './journal-store.ts'
import { createPlaceStore, type PlaceStore } from './place-store.ts'
import { createQuarantineStore, type QuarantineStore } from './quarantine-store.ts'
import { createScanStore, type ScanStore } from './scan-store.ts'

export interface AgentState {
  readonly checkpoints: CheckpointStore
  readonly inventory: InventoryStore
  readonly journal: JournalStore
  readonly places: PlaceStore
  readonly quarantine: QuarantineStore
  readonly scans: ScanStore
  /** All of `work` or nothing of it; synchronous. May be nested. */
  transaction<Result>(work: () => Result): Result
  /** The pages that SQLite keeps at hand. */
  giveBackMemory(): void
  close(): void
}

const MIGRATIONS = join(import.meta.dirname, 'migrations')

/** Fails with STATE_IN_USE while another agent holds it, and STATE_UNUSABLE where it is no state of ours. */
export function openState(stateDir: string): AgentState {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const file = join(stateDir, 'state.db')
  const db = openDatabase(file)
  const places = createPlaceStore(db)
  return {
    checkpoints: createCheckpointStore(db),
    inventory: createInventoryStore(db, places),
    journal: createJournalStore(db),
    places,
    quarantine: createQuarantineStore(db),
    scans: createScanStore(db),
    // Inside another it is a part of that one, and no savepoint: what fails in it fails all of it.
    transaction: (work) => (db.inTransaction ? work() : db.transaction(work).immediate()),
    giveBackMemory: () => void db.pragma('shrink_memory'),
    close: () => db.close(),
  }
}

function openDatabase(file: string): Database.Database {
  let db: Database.Database | null = null
  try {
    db = new Database(file, { timeout: 0 })
    chmodSync(file, 0o600)
    // Held until close or death, so that a second agent on this folder is refused, and a killed one is not.
    db.pragma('locking_mode = EXCLUSIVE')
    db.pragma('journal_mode = WAL')
    // Every commit reaches the disk: the journal must survive a power cut between commit and removal.
    db.pragma('synchronous = FULL')
    // In KiB: it counts in the agent's memory, and 32 MiB made no large order any quicker.
    db.pragma('cache_size = -4096')
    // In pages of 4 KiB. Folding the log back takes two more fsyncs and writes each page once, however
    // often it changed since.
    db.pragma('wal_autocheckpoint = 8192')
    db.pragma('foreign_keys = ON')
    migrate(db, file)
    return db
  } catch (cause) {
    db?.close()
    if (cause instanceof AppError) throw cause
    throw stateError(file, cause)
  }
}

function migrate(db: Database.Database, file: string): void {
  const names = readdirSync(MIGRATIONS).sort()
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > names.length) {
    throw new AppError(
      'STATE_UNUSABLE',
      500,
      `${file} was written by a newer agent (state version ${version}, this one knows ${names.length}). Install that agent again.`,
    )
  }
  // In a transaction even with nothing to apply: taking the write lock is what shows a second agent.
  db.transaction(() => {
    for (const name of names.slice(version)) db.exec(readFileSync(join(MIGRATIONS, name), 'utf8'))
    db.pragma(`user_version = ${names.length}`)
  }).immediate()
}

function stateError(file: string, cause: unknown): AppError {
  const { code, message } = cause as Error & { code?: string }
  if (code?.startsWith('SQLITE_BUSY')) {
    return new AppError(
      'STATE_IN_USE',
      409,
      `${file} is held by another agent. Stop that one, or choose another state folder.`,
      { cause },
    )
  }
  return new AppError(
    'STATE_UNUSABLE',
    500,
    `${file} cannot be used as agent state: ${message}. Check its permissions and free space; if it is damaged, restore it from a backup.`,
    { cause },
  )
}
