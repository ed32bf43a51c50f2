/** Counts of families and hosts, summed from their classes at once. */
import type { Database } from 'better-sqlite3'

export function countFamilies(db: Database): void {
  for (const [table, no] of [
    ['family', 'family_no'],
    ['host', 'host_no'],
  ]) {
    db.exec(`
      UPDATE ${table} SET class_count = t.classes, item_count = t.items, live_count = t.live
      FROM (SELECT k.${no} AS no, count(*) AS classes, sum(c.item_count) AS items, sum(c.live_count) AS live
            FROM class AS c JOIN class_key AS k USING (class_no) GROUP BY k.${no}) AS t
      WHERE t.no = ${no}`)
  }
}
