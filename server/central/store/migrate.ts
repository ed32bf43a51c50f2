/**
 * Runs `migrations/NNNN-what.sql` in order, each in one transaction with the version it leads to in
 * `user_version`. Forward only; a released migration is never edited.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { AppError } from '../../shared/app-error.ts'

const FOLDER = new URL('./migrations/', import.meta.url)
const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/

export interface Migration {
  version: number
  sql: string
}

/** Of central.sqlite, if no other folder is named. */
export function listMigrations(folder: URL = FOLDER): Migration[] {
  return readdirSync(folder)
    .sort()
    .map((file, index) => {
      const version = Number(FILE_NAME.exec(file)?.[1])
      // A gap would be a migration that some databases never get.
      if (version !== index + 1) throw new Error(`migrations: ${file} is not number ${index + 1}`)
      return { version, sql: readFileSync(new URL(file, folder), 'utf8') }
    })
}

export function migrate(db: Database, migrations: readonly Migration[] = listMigrations()): void {
  const current = db.pragma('user_version', { simple: true }) as number
  if (current > migrations.length) {
    throw new AppError(
      'DATABASE_TOO_NEW',
      500,
      `the database is of version ${current}, this Sidestream knows ${migrations.length}: update Sidestream, or use the data directory that belongs to it`,
    )
  }
  for (const { version, sql } of migrations.slice(current)) {
    db.transaction(() => {
      db.exec(sql)
      db.pragma(`user_version = ${version}`)
    }).immediate()
  }
}
