/**
 * What orders name by number for as long as they are kept: targets hold no texts, only numbers of these rows. So none of
 * them may be taken away, or come to mean something else, by whatever is written one day: whoever would do it fails.
 */
import type { Database } from 'better-sqlite3'

/** The columns that say what the number means. */
const KEPT = {
  machine: ['machine_no', 'machine_id'],
  volume: ['volume_no', 'machine_no', 'volume_id'],
  folder: ['folder_no', 'path', 'utf16'],
  file_name: ['name_no', 'name', 'utf16'],
  stream_name: ['stream_name_no', 'name', 'utf16'],
} as const

/** Of this connection alone, so of every one that writes (open-inventory.ts): adding rows costs nothing. */
export function keepNumbers(db: Database): void {
  for (const [table, columns] of Object.entries(KEPT)) {
    const refusal = `SELECT RAISE(ABORT, 'orders name rows of ${table}: none is ever deleted or renamed')`
    const isOther = columns.map((column) => `old.${column} IS NOT new.${column}`).join(' OR ')
    db.exec(`
      CREATE TEMP TRIGGER ${table}_is_kept BEFORE DELETE ON main.${table} BEGIN ${refusal}; END;
      CREATE TEMP TRIGGER ${table}_stays BEFORE UPDATE OF ${columns.join(', ')} ON main.${table}
      WHEN ${isOther} BEGIN ${refusal}; END;
    `)
  }
}
