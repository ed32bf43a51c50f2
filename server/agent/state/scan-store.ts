import type Database from 'better-sqlite3'
import type { ScanSummary } from '../../protocol/scan.ts'

/** The latest finished scan. Central is told of it after every welcome, so it outlives a restart. */
export interface ScanStore {
  last(): ScanSummary | null
  setLast(summary: ScanSummary): void
}

export function createScanStore(db: Database.Database): ScanStore {
  const last = db.prepare('SELECT summary FROM last_scan').pluck()
  const setLast = db.prepare(`
    INSERT INTO last_scan (last_scan_id, summary) VALUES (1, ?)
    ON CONFLICT (last_scan_id) DO UPDATE SET summary = excluded.summary
  `)
  return {
    last() {
      const summary = last.get() as string | undefined
      return summary === undefined ? null : (JSON.parse(summary) as ScanSummary)
    },
    setLast: (summary) => void setLast.run(JSON.stringify(summary)),
  }
}
