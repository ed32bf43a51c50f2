/**
 * What an order came to, in one number for the audit log. How anybody computes it from an export is in
 * ../../audit/README.md: neither the form of a line nor the order of the lines may change.
 */
import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'

/** Of one statement: its text stays below what the allocator asks the system for anew each time. */
const CHUNK = 500

export function createReceiptsDigest(db: Database): (previewNo: number) => string {
  const selectRange = db.prepare<[number], { first: number; count: number }>(
    'SELECT first_no AS first, target_count AS count FROM preview WHERE preview_no = ?',
  )
  // As JSON.stringify writes it, and made by SQLite: a call for each of a million rows takes three times as long. The id is
  // that of target-ids.ts.
  const selectLines = db
    .prepare<[number, number], string | null>(`
      SELECT group_concat(json_array(
          ifnull(t.target_id, p.target_key || printf('%012x', t.target_no)), r.outcome, r.reason, r.at), char(10))
      FROM main.target AS t CROSS JOIN receipt AS r ON r.target_no = t.target_no
      JOIN preview AS p ON p.preview_no = t.preview_no
      WHERE t.target_no BETWEEN ? AND ?
    `)
    .pluck()
  return (previewNo) => {
    const { first, count } = selectRange.get(previewNo)!
    const hash = createHash('sha256')
    for (let from = first; from < first + count; from += CHUNK) {
      const lines = selectLines.get(from, Math.min(from + CHUNK, first + count) - 1) as
        | string
        | null
      if (lines !== null) hash.update(lines).update('\n')
    }
    return hash.digest('hex')
  }
}
