/** Families and hosts of all classes at once, numbered as the triggers of the schema would have done one by one. */
import type { Database } from 'better-sqlite3'

const OF_FAMILY = `f.stream_name_no = c.stream_name_no AND f.kind = c.kind AND f.extension = c.extension
  AND f.verdict = c.verdict AND f.rule = c.rule AND f.zone IS c.zone AND f.writer IS c.writer`

export function fillFamilies(db: Database): void {
  db.exec(`
    INSERT INTO family (stream_name_no, kind, extension, verdict, rule, zone, writer)
      SELECT stream_name_no, kind, extension, verdict, rule, zone, writer FROM (
        SELECT *, min(class_no) AS first FROM class
        GROUP BY stream_name_no, kind, extension, verdict, rule, zone, writer)
      ORDER BY first;
    INSERT INTO host (host)
      SELECT host FROM (SELECT host, min(class_no) AS first FROM class WHERE host IS NOT NULL GROUP BY host)
      ORDER BY first;
    INSERT INTO class_key (class_no, family_no, host_no)
      SELECT c.class_no, (SELECT f.family_no FROM family AS f WHERE ${OF_FAMILY}),
        ifnull((SELECT h.host_no FROM host AS h WHERE h.host = c.host), 0)
      FROM class AS c ORDER BY c.class_no;
    CREATE TEMP TABLE count_of_class AS
      SELECT k.family_no, k.host_no, c.item_count, c.live_count
      FROM class AS c JOIN class_key AS k USING (class_no);
  `)
  for (const [table, no] of [
    ['family', 'family_no'],
    ['host', 'host_no'],
  ]) {
    db.exec(`
      UPDATE ${table} SET class_count = t.classes, item_count = t.items, live_count = t.live
      FROM (SELECT ${no} AS no, count(*) AS classes, sum(item_count) AS items, sum(live_count) AS live
            FROM count_of_class GROUP BY ${no}) AS t
      WHERE t.no = ${no}`)
  }
  db.exec('DROP TABLE count_of_class')
}
