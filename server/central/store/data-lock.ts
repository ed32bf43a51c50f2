/**
 * One central at a time on a data folder: two would answer each other's agents from stale state. The lock
 * is an exclusive transaction on a file of its own, so that the system releases it when the process dies,
 * however it dies, and a backup or an administrator's sqlite3 can still read the database.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { AppError } from '../../shared/app-error.ts'

export const LOCK_FILE = 'central.lock'

/** Returns what releases the lock. Throws DATA_IN_USE, or DATA_UNUSABLE where nothing can be written. */
export function lockDataFolder(dataDir: string): () => void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const db = new SqliteDatabase(join(dataDir, LOCK_FILE), { timeout: 0 })
    try {
      db.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      db.close()
      throw error
    }
    return () => db.close()
  } catch (cause) {
    throw lockError(dataDir, cause)
  }
}

function lockError(dataDir: string, cause: unknown): AppError {
  const { code, message } = cause as Error & { code?: string }
  if (code?.startsWith('SQLITE_BUSY')) {
    const text = `${dataDir} is in use by another central; stop that one, or choose another folder with --data`
    return new AppError('DATA_IN_USE', 409, text, { cause })
  }
  const text = `${dataDir} cannot hold central's data: ${message}; check its permissions and free space`
  return new AppError('DATA_UNUSABLE', 500, text, { cause })
}
