/** Compares what inventory.sqlite keeps incrementally with a recount of what it is kept of. Changes nothing. */
import type { Database } from 'better-sqlite3'
import { EMPTY_DIGEST, streamDigest } from '../../../shared/inventory-digest.ts'
import type { Check } from '../check-types.ts'
import { DigestSum } from './digest-sum.ts'
import {
  fromStoredReport,
  REPORT_COLUMNS_SQL,
  REPORT_FROM_SQL,
  type StoredReportRow,
} from './stored-report.ts'

/** Each gives a sentence for every fault. In the order in which they should be made: later ones rely on the first. */
export const INVENTORY_CHECKS: readonly Check[] = [
  { what: 'inventory.sqlite: pages and indexes', faults: pages },
  { what: 'inventory.sqlite: references', faults: references },
  { what: 'streams of each item', faults: itemCounts },
  { what: 'items and streams of each class', faults: classCounts },
  { what: 'families and hosts of classes', faults: familiesAndHosts },
  { what: 'verdicts and zones of each machine', faults: tallies },
  { what: 'counts and digest of each machine', faults: machines },
  { what: 'numbers and first sightings', faults: numbers },
]

export function* pages(db: Database): Generator<string> {
  for (const { integrity_check: line } of db.pragma('integrity_check') as {
    integrity_check: string
  }[]) {
    if (line !== 'ok') yield line
  }
}

export function* references(db: Database): Generator<string> {
  const broken = db.pragma('foreign_key_check') as {
    table: string
    rowid: number | null
    parent: string
  }[]
  for (const { table, rowid, parent } of broken) {
    yield `row ${rowid} of ${table} names a row of ${parent} that is not there`
  }
}

interface Recount {
  no: number | string
  kept: number
  real: number
}

function* differing(db: Database, what: string, sql: string): Generator<string> {
  for (const { no, kept, real } of db.prepare<[], Recount>(sql).iterate()) {
    yield `${what} ${no}: ${kept} is kept, ${real} is there`
  }
}

function itemCounts(db: Database): Generator<string> {
  return differing(
    db,
    'live streams of item',
    `SELECT no, kept, real FROM (
       SELECT i.item_no AS no, i.live_count AS kept, (
         SELECT count(*) FROM stream AS s WHERE s.item_no = i.item_no AND s.gone_at IS NULL) AS real
       FROM item AS i)
     WHERE kept <> real`,
  )
}

function* classCounts(db: Database): Generator<string> {
  const recount = (kept: string, real: string): string => `
    SELECT c.class_no AS no, c.${kept} AS kept, ifnull(r.real, 0) AS real
    FROM class AS c LEFT JOIN (
      SELECT class_no, ${real} AS real FROM item GROUP BY class_no) AS r USING (class_no)
    WHERE c.${kept} <> ifnull(r.real, 0)`
  yield* differing(db, 'items of class', recount('item_count', 'count(*)'))
  yield* differing(db, 'live streams of class', recount('live_count', 'sum(live_count)'))
}

function* familiesAndHosts(db: Database): Generator<string> {
  for (const [table, no] of [
    ['family', 'family_no'],
    ['host', 'host_no'],
  ]) {
    for (const [kept, real] of [
      ['class_count', 'count(*)'],
      ['item_count', 'sum(c.item_count)'],
      ['live_count', 'sum(c.live_count)'],
    ]) {
      yield* differing(
        db,
        `${kept} of ${table}`,
        `SELECT t.${no} AS no, t.${kept} AS kept, ifnull(r.real, 0) AS real
         FROM ${table} AS t LEFT JOIN (
           SELECT k.${no} AS no, ${real} AS real FROM class AS c JOIN class_key AS k USING (class_no)
           GROUP BY 1) AS r ON r.no = t.${no}
         WHERE t.${kept} <> ifnull(r.real, 0)`,
      )
    }
  }
  yield* differing(
    db,
    'classes without a family or a host of their own',
    `SELECT c.class_no AS no, 1 AS kept, 0 AS real
     FROM class AS c LEFT JOIN class_key AS k USING (class_no)
     LEFT JOIN family AS f USING (family_no) LEFT JOIN host AS h USING (host_no)
     WHERE h.host IS NOT c.host OR f.zone IS NOT c.zone OR f.stream_name_no IS NOT c.stream_name_no
       OR f.extension IS NOT c.extension OR f.verdict IS NOT c.verdict OR f.rule IS NOT c.rule
       OR f.writer IS NOT c.writer OR f.kind IS NOT c.kind`,
  )
}

function tallies(db: Database): Generator<string> {
  return differing(
    db,
    'live streams of machine and tally',
    `WITH recount AS (
       SELECT v.machine_no, c.tally_no, count(*) AS real
       FROM stream AS s JOIN volume AS v USING (volume_no) JOIN item AS i USING (item_no)
       JOIN class AS c USING (class_no)
       WHERE s.gone_at IS NULL GROUP BY 1, 2)
     SELECT ifnull(t.machine_no, r.machine_no) || '/' || ifnull(t.tally_no, r.tally_no) AS no,
       ifnull(t.live_count, 0) AS kept, ifnull(r.real, 0) AS real
     FROM machine_tally AS t FULL JOIN recount AS r USING (machine_no, tally_no)
     WHERE ifnull(t.live_count, 0) <> ifnull(r.real, 0)`,
  )
}

interface MachineRow {
  machine_no: number
  machine_id: string
  stream_count: number
  mark_count: number
  suspicious_count: number
  digest: string
}

/** The whole machine from its streams: also proves that each of them can be read and gives its report. */
function* machines(db: Database): Generator<string> {
  const select = db.prepare<[number], StoredReportRow>(`
    SELECT ${REPORT_COLUMNS_SQL} ${REPORT_FROM_SQL} WHERE v.machine_no = ? AND s.gone_at IS NULL
  `)
  for (const machine of db.prepare<[], MachineRow>('SELECT * FROM machine').all()) {
    const digest = new DigestSum(EMPTY_DIGEST)
    const counts = { streams: 0, mark: 0, suspicious: 0 }
    for (const row of select.iterate(machine.machine_no)) {
      const stream = fromStoredReport(row)
      digest.add(streamDigest(stream))
      counts.streams += 1
      if (stream.verdict === 'mark' || stream.verdict === 'suspicious') counts[stream.verdict] += 1
    }
    const kept = [
      machine.stream_count,
      machine.mark_count,
      machine.suspicious_count,
      machine.digest,
    ]
    const real = [counts.streams, counts.mark, counts.suspicious, digest.toHex()]
    if (kept.join() !== real.join()) {
      yield `machine ${machine.machine_id}: ${kept.join(' ')} is kept, ${real.join(' ')} is there`
    }
  }
}

function* numbers(db: Database): Generator<string> {
  const { next, last, first, dated } = db
    .prepare<
      [],
      { next: number; last: number | null; first: number | null; dated: number | null }
    >(`
      SELECT next_stream_id AS next, (SELECT max(stream_id) FROM stream) AS last,
        (SELECT min(stream_id) FROM stream) AS first,
        (SELECT min(first_stream_id) FROM first_seen) AS dated
      FROM engine
    `)
    .get()!
  if (last !== null && last >= next)
    yield `stream ${last} is there, and ${next} would be given next`
  if (first !== null && (dated === null || dated > first))
    yield `stream ${first} has no first sighting`
}
