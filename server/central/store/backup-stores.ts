/**
 * Copies the three files of a data folder as they are at one moment, while a central may work on them. The copy is
 * a data folder itself.
 */
import { existsSync, readdirSync } from 'node:fs'
import { chmod, copyFile, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { AppError } from '../../shared/app-error.ts'
import { LOCK_FILE } from './data-lock.ts'
import { INVENTORY_FILE } from './inventory/open-inventory.ts'
import { DATABASE_FILE } from './open-database.ts'
import { ORDERS_FILE } from './orders/open-orders.ts'

export interface BackupProgress {
  file: string
  totalPages: number
  remainingPages: number
}

/** Whole at any moment, since they are replaced and never written over; without them no agent would know a restored central. */
const SMALL_FILES = ['own-certificates.json', 'authority.pem']
const FILES = [DATABASE_FILE, INVENTORY_FILE, ORDERS_FILE]
/** Of 4 KiB; between two steps progress is told. */
const PAGES_PER_STEP = 2_000
/** For the writer to finish its transaction. */
const LOCK_TIMEOUT_MS = 30_000

/**
 * What lies in the folder and is not copied: what administrators put there, such as directory.json and the secrets that it
 * names, and packages. Not what only the running central needs.
 */
export function leftOutOfBackup(dataDir: string, target: string): string[] {
  const isOurs = (name: string): boolean =>
    [...FILES, LOCK_FILE].some((file) => name === file || name.startsWith(`${file}-`)) ||
    SMALL_FILES.includes(name)
  const isTarget = (name: string): boolean => resolve(dataDir, name) === resolve(target)
  return readdirSync(dataDir)
    .filter((name) => !isOurs(name) && !isTarget(name))
    .sort()
}

/** `target` must not be there; it appears when it is whole. */
export async function backupStores(
  dataDir: string,
  target: string,
  onProgress: (progress: BackupProgress) => void = () => {},
): Promise<void> {
  if (existsSync(target)) {
    throw new AppError('BACKUP_EXISTS', 409, `${target} is there already; name a new folder`)
  }
  const snapshots = snapshotAll(dataDir)
  const partial = `${target}.partial`
  try {
    await rm(partial, { recursive: true, force: true })
    // For nobody else, like the folder that it is a copy of.
    await mkdir(partial, { recursive: true, mode: 0o700 })
    for (const [index, name] of FILES.entries()) {
      await copy(snapshots[index] as Database, join(partial, name), (remainingPages, totalPages) =>
        onProgress({ file: name, totalPages, remainingPages }),
      )
    }
    for (const name of SMALL_FILES) await copySmall(dataDir, partial, name)
    await flush(partial)
    await rename(partial, target)
    await flush(dirname(target))
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  } finally {
    for (const db of snapshots) db.close()
  }
}

/**
 * All as of one moment: while all write locks are held nothing changes, and that is when the read
 * transactions begin. They are held for that moment only.
 */
function snapshotAll(dataDir: string): Database[] {
  const opened: Database[] = []
  const openOne = (name: string, readonly: boolean): Database => {
    const file = join(dataDir, name)
    if (!existsSync(file)) {
      throw new AppError(
        'DATA_MISSING',
        404,
        `${file} is not there; is this central's data folder?`,
      )
    }
    const db = new SqliteDatabase(file, { readonly, timeout: LOCK_TIMEOUT_MS })
    opened.push(db)
    return db
  }
  try {
    const lockers = FILES.map((name) => openOne(name, false))
    const readers = FILES.map((name) => openOne(name, true))
    for (const locker of lockers) locker.exec('BEGIN IMMEDIATE')
    for (const reader of readers) {
      reader.exec('BEGIN')
      reader.prepare('SELECT count(*) FROM sqlite_schema').get()
    }
    for (const locker of lockers) locker.close()
    return readers
  } catch (error) {
    for (const db of opened) db.close()
    throw error
  }
}

async function copySmall(dataDir: string, partial: string, name: string): Promise<void> {
  const file = join(partial, name)
  if (!existsSync(join(dataDir, name))) return
  await copyFile(join(dataDir, name), file)
  await chmod(file, 0o600)
  await flush(file)
}

async function copy(
  db: Database,
  file: string,
  onStep: (remaining: number, total: number) => void,
): Promise<void> {
  await db.backup(file, {
    progress: ({ remainingPages, totalPages }) => {
      onStep(remainingPages, totalPages)
      return PAGES_PER_STEP
    },
  })
  onStep(0, 1)
  await chmod(file, 0o600)
  await flush(file)
}

/** A backup that a power cut can take back is none. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
