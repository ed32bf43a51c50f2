/** What an agent's quarantine holds, read without its code and also while it runs. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Place } from './agent-fixture.ts'

/** Target id → bytes that are kept, oldest first. */
export function quarantined({ stateDir }: Pick<Place, 'stateDir'>): Map<string, Buffer> {
  const copy = mkdtempSync(join(tmpdir(), 'ss-state-'))
  try {
    // A running agent holds the file itself; what it committed is in these two.
    for (const name of ['state.db', 'state.db-wal']) {
      if (existsSync(join(stateDir, name))) cpSync(join(stateDir, name), join(copy, name))
    }
    const db = new Database(join(copy, 'state.db'))
    const rows = db
      .prepare(
        `SELECT lower(hex(target_id)) AS hex, bytes FROM quarantine JOIN order_target USING (entry_id)
         WHERE pruned_at IS NULL ORDER BY entry_id`,
      )
      .all() as { hex: string; bytes: Buffer | null }[]
    db.close()
    return new Map(
      rows.map(({ hex, bytes }) => {
        const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
        return [id, bytes ?? readFileSync(fileOf(stateDir, id))]
      }),
    )
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** Files of the quarantine's folder: large streams alone. */
export function quarantineFiles({ stateDir }: Pick<Place, 'stateDir'>): string[] {
  return readdirSync(join(stateDir, 'quarantine'))
}

/** As a damaged disk would. The agent must not run. */
export function damageQuarantine({ stateDir }: Pick<Place, 'stateDir'>, bytes: Buffer): void {
  const db = new Database(join(stateDir, 'state.db'))
  db.prepare('UPDATE quarantine SET bytes = ?').run(bytes)
  db.close()
}

const fileOf = (stateDir: string, targetId: string) => join(stateDir, 'quarantine', targetId)
