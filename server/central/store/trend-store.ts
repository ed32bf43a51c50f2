/** The fleet's totals as they were: one sample for an hour at most, and a bounded number of them. */
import type { Database } from 'better-sqlite3'
import type { TrendTotals } from '../../protocol/api/trends.ts'

export interface StoredSample extends TrendTotals {
  at: number
}

export interface TrendStore {
  has(hour: number): boolean
  /** A second sample of the same hour takes the place of the first. */
  put(hour: number, totals: TrendTotals): void
  /** Oldest first. */
  since(at: number): StoredSample[]
  /** Leaves one sample a day before `dailyBefore`, its first, and none before `forgetBefore`. */
  thin(bounds: { dailyBefore: number; forgetBefore: number }): void
}

export function createTrendStore(db: Database): TrendStore {
  const select = db.prepare<[number], { at: number }>('SELECT at FROM trend_sample WHERE at = ?')
  const upsert = db.prepare<[number, string]>(`
    INSERT INTO trend_sample (at, sample_json) VALUES (?, ?)
    ON CONFLICT (at) DO UPDATE SET sample_json = excluded.sample_json
  `)
  const selectSince = db.prepare<[number], { at: number; json: string }>(
    'SELECT at, sample_json AS json FROM trend_sample WHERE at >= ? ORDER BY at',
  )
  const thin = db.prepare<{ dailyBefore: number; forgetBefore: number }>(`
    DELETE FROM trend_sample WHERE at < @forgetBefore OR (at < @dailyBefore AND at NOT IN (
      -- By the day. A bound number would be a REAL, and no two hours would be of one day.
      SELECT min(at) FROM trend_sample WHERE at < @dailyBefore GROUP BY at / 86400000
    ))
  `)
  return {
    has: (hour) => select.get(hour) !== undefined,
    put: (hour, totals) => void upsert.run(hour, JSON.stringify(totals)),
    since: (at) =>
      selectSince.all(at).map((row) => ({ at: row.at, ...(JSON.parse(row.json) as TrendTotals) })),
    thin: (bounds) => void thin.run(bounds),
  }
}
