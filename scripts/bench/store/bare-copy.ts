/**
 * The rows that the engine wrote, inserted again by nothing but better-sqlite3: into the same tables of another file, with
 * the same pragmas, each row once and as it is in the end. What the engine takes longer is what it does besides.
 */
import type { Database } from 'better-sqlite3'
import { closeWriter, openToWrite } from '../../../server/central/store/inventory/open-inventory.ts'

const TABLES = [
  { table: 'folder', key: 'folder_no', text: 'path' },
  { table: 'file_name', key: 'name_no', text: 'name' },
  { table: 'stream_name', key: 'stream_name_no' },
  { table: 'host_url', key: 'host_url_no' },
  { table: 'referrer', key: 'referrer_no', text: 'url' },
  { table: 'tally', key: 'tally_no' },
  { table: 'class', key: 'class_no' },
  { table: 'item', key: 'item_no' },
  { table: 'volume', key: 'volume_no' },
  { table: 'first_seen', key: 'first_stream_id' },
  { table: 'stream', key: 'stream_id' },
]

export interface BareCopy {
  /** Milliseconds for what `source` has gained since the last call, in one transaction. */
  catchUp(source: Database): number
  close(): void
}

export function openBareCopy(file: string): BareCopy {
  const db = openToWrite(file)
  const seen = new Map(TABLES.map(({ table }) => [table, 0]))
  const inserts = new Map(TABLES.map(({ table }) => [table, prepareInsert(db, table)]))
  const texts = new Map(
    TABLES.filter(({ text }) => text !== undefined).map(({ table, text }) => [
      table,
      db.prepare<unknown[]>(`INSERT INTO ${table}_text (rowid, ${text}) VALUES (?, ?)`),
    ]),
  )
  return {
    catchUp: (source) => {
      const batches = TABLES.map(({ table, key, text }) => {
        const rows = source
          .prepare(`SELECT * FROM ${table} WHERE ${key} > ? ORDER BY ${key}`)
          .raw()
          .all(seen.get(table)) as unknown[][]
        if (rows.length > 0) seen.set(table, rows.at(-1)?.[0] as number)
        const textAt = text === undefined ? -1 : columnsOf(source, table).indexOf(text)
        return { insert: inserts.get(table)!, insertText: texts.get(table), textAt, rows }
      })
      const begin = threadMs()
      db.transaction(() => {
        for (const { insert, insertText, textAt, rows } of batches) {
          for (const row of rows) {
            insert.run(row)
            insertText?.run(row[0], row[textAt])
          }
        }
      }).immediate()
      return threadMs() - begin
    },
    close: () => closeWriter(db),
  }
}

function columnsOf(db: Database, table: string): string[] {
  return (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
}

/** Numbers come as REAL from JavaScript; columns of ANY would keep them so. */
function prepareInsert(db: Database, table: string) {
  const columns = columnsOf(db, table)
  const values = columns.map((name) =>
    table === 'stream' && (name === 'identity' || name === 'modified_at')
      ? 'CAST(? AS INTEGER)'
      : '?',
  )
  return db.prepare<unknown[]>(`INSERT INTO ${table} VALUES (${values.join(', ')})`)
}

/**
 * Of this thread's own work. On a machine that others use, a long piece of work is interrupted more often than a short one;
 * what a commit waits for the disk is the same for both.
 */
export function threadMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
