/**
 * Every reading of the inventory, as the reader workers run it: synchronous, on one read-only connection.
 * What each promises is in ../inventory-engine.ts.
 */
import type { MachineId } from '../../../../protocol/ids.ts'
import { bucketOf } from '../../../../shared/inventory-buckets.ts'
import { EMPTY_DIGEST, streamDigest } from '../../../../shared/inventory-digest.ts'
import type { Query } from '../../../../streams/query/ast.ts'
import { searchForm } from '../../../../streams/query/search-form.ts'
import { cutPage, decodeCursor } from '../../cursor.ts'
import { DigestSum } from '../digest-sum.ts'
import type {
  CarrierQuestion,
  MachineHaving,
  PageRequest,
  Presence,
  SearchPlan,
  StoredStream,
  StreamCount,
  StreamFilter,
  StreamsPage,
  SuggestField,
  WhereIsPage,
} from '../inventory-engine.ts'
import type { ReaderContext } from '../reader-context.ts'
import {
  countFacets,
  type FacetBucket,
  type FacetRow,
  type StoredFacets,
} from '../stored-facets.ts'
import { fromStoredReport, REPORT_COLUMNS_SQL, type StoredReportRow } from '../stored-report.ts'
import {
  asksForGone,
  type Condition,
  compileQuery,
  FIRST_SEEN_SQL,
  LAST_SEEN_SQL,
  SEARCH_FROM_SQL,
} from './compile-query.ts'

export type Readings = ReturnType<typeof createReadings>

const COLUMNS_SQL = `
  ${REPORT_COLUMNS_SQL}, m.machine_id, m.hostname, s.gone_at, ${FIRST_SEEN_SQL} AS first_seen_at,
  ${LAST_SEEN_SQL} AS last_seen_at, ifnull(v.is_writable, 0) AS is_writable`

const FACET_COLUMNS_SQL = 'm.hostname, c.verdict, c.zone, c.host, sn.name, c.extension'

const PRESENCE_SQL: Record<Presence, string> = {
  live: 's.gone_at IS NULL',
  gone: 's.gone_at IS NOT NULL',
  any: '1',
}

const SUGGEST_SQL: Record<SuggestField, string> = {
  machine: 'SELECT hostname AS value, stream_count AS count FROM machine',
  name: `SELECT n.name AS value, i.live_count AS count FROM file_name AS n JOIN item AS i USING (name_no)`,
  ext: 'SELECT extension AS value, live_count AS count FROM class',
  stream: `SELECT sn.name AS value, c.live_count AS count FROM class AS c JOIN stream_name AS sn USING (stream_name_no)`,
  host: 'SELECT host AS value, live_count AS count FROM class',
  referrer: `SELECT r.url AS value, i.live_count AS count FROM referrer AS r JOIN item AS i USING (referrer_no)`,
  writer: 'SELECT writer AS value, live_count AS count FROM class',
  verdict: 'SELECT verdict AS value, live_count AS count FROM class',
  rule: 'SELECT rule AS value, live_count AS count FROM class',
  zone: 'SELECT CAST(zone AS TEXT) AS value, live_count AS count FROM class',
  label: `SELECT l.label AS value, m.stream_count AS count FROM machine_label AS l JOIN machine AS m USING (machine_no)`,
}

const CARRIER_SQL: Record<CarrierQuestion['by'], string> = {
  name: 'n.name = @value',
  path: '(f.path || n.name) = @value COLLATE NOCASE',
  sha256: 'hex(i.sha256) = upper(@value)',
}

interface StreamSelect extends StoredReportRow {
  machine_id: string
  hostname: string
  first_seen_at: number
  last_seen_at: number
  gone_at: number | null
  is_writable: number
}

export function createReadings({ db, check }: ReaderContext) {
  const selectByIds = db.prepare<[string], StreamSelect>(`
    SELECT ${COLUMNS_SQL} ${SEARCH_FROM_SQL}
    WHERE s.stream_id IN (SELECT value FROM json_each(?)) ORDER BY s.stream_id
  `)
  const countLive = db.prepare<[], { total: number }>(
    'SELECT ifnull(sum(stream_count), 0) AS total FROM machine',
  )
  const selectOfMachine = db.prepare<[string], StoredReportRow>(`
    SELECT ${REPORT_COLUMNS_SQL} ${SEARCH_FROM_SQL} WHERE m.machine_id = ? AND s.gone_at IS NULL
  `)
  const selectStats = db.prepare<
    [],
    { streams: number; liveStreams: number; items: number; classes: number }
  >(`
    SELECT (SELECT count(*) FROM stream) AS streams,
      (SELECT ifnull(sum(stream_count), 0) FROM machine) AS liveStreams,
      (SELECT ifnull(sum(item_count), 0) FROM class) AS items, (SELECT count(*) FROM class) AS classes
  `)
  const rowsOf = <Row>(columns: string, { sql, params }: Condition): Iterable<Row> =>
    db
      .prepare<unknown[], Row>(
        `SELECT ${columns} ${SEARCH_FROM_SQL} WHERE still_wanted() AND ${sql}`,
      )
      .iterate(...params)

  const streams = (
    { sql, params }: Condition,
    order: 'ASC' | 'DESC',
    page: PageRequest,
  ): StreamsPage => {
    const start = order === 'DESC' ? Number.MAX_SAFE_INTEGER : 0
    const [from] = page.cursor === undefined ? [start] : decodeCursor(page.cursor, [0])
    const rows = db
      .prepare<unknown[], StreamSelect>(
        `SELECT ${COLUMNS_SQL} ${SEARCH_FROM_SQL}
         WHERE still_wanted() AND ${sql} AND s.stream_id ${order === 'DESC' ? '<' : '>'} ?
         ORDER BY s.stream_id ${order} LIMIT ?`,
      )
      .all(...params, from, page.limit + 1)
    const cut = cutPage(rows, page.limit, (row) => [row.stream_id])
    return { streams: cut.rows.map(fromRow), cursor: cut.cursor }
  }

  return {
    page: (filter: StreamFilter, page: PageRequest): StreamsPage =>
      streams(where(filter), 'DESC', page),

    count: (filter: StreamFilter): StreamCount => {
      // The whole inventory is counted already, and its size is what every visit asks for first.
      const isAll = filter.query.kind === 'all' && filter.presence === 'live'
      if (isAll) return { total: countLive.get()!.total, isExact: true }
      let total = 0
      for (const _ of rowsOf('s.stream_id', where(filter))) {
        total += 1
        if (total % 1_000 === 0) check()
      }
      return { total, isExact: true }
    },

    facets: (filter: StreamFilter): StoredFacets & { isTotalExact: boolean } => {
      const { sql, params } = where(filter)
      const rows = db
        .prepare(`SELECT ${FACET_COLUMNS_SQL} ${SEARCH_FROM_SQL} WHERE still_wanted() AND ${sql}`)
        .raw()
        .iterate(...params)
      return { ...countFacets(rows as Iterable<FacetRow>), isTotalExact: true }
    },

    explain: (_filter: StreamFilter): SearchPlan => ({
      driver: 'all streams, newest first',
      estimate: countLive.get()!.total,
      filters: ['the whole query'],
      order: 'newest first',
    }),

    find: (streamId: number): StoredStream | undefined => {
      const row = selectByIds.get(JSON.stringify([streamId]))
      return row === undefined ? undefined : fromRow(row)
    },

    listByIds: (streamIds: readonly number[]): StoredStream[] =>
      selectByIds.all(JSON.stringify(streamIds)).map(fromRow),

    suggest: (field: SuggestField, prefix: string, limit: number): FacetBucket[] =>
      db
        .prepare<[string, number], FacetBucket>(`
          SELECT min(value) AS value, sum(count) AS count FROM (${SUGGEST_SQL[field]})
          WHERE value LIKE ? ESCAPE '\\' AND value <> '' AND still_wanted()
          GROUP BY value COLLATE NOCASE HAVING sum(count) > 0 ORDER BY 2 DESC, 1 LIMIT ?
        `)
        .all(`${searchForm(prefix).replace(/[\\%_]/g, '\\$&')}%`, limit),

    whereIs: ({ by, value }: CarrierQuestion, { cursor, limit }: PageRequest): WhereIsPage => {
      const [hostname, id] = cursor === undefined ? ['', ''] : decodeCursor(cursor, ['', ''])
      const rows = db
        .prepare<unknown[], MachineHaving>(`
          SELECT m.machine_id AS machineId, m.hostname, count(*) FILTER (WHERE s.gone_at IS NULL) AS live,
            count(*) FILTER (WHERE s.gone_at IS NULL AND c.verdict = 'mark') AS liveMarks,
            count(*) FILTER (WHERE s.gone_at IS NOT NULL) AS gone,
            min(${FIRST_SEEN_SQL}) AS firstSeenAt, max(s.stream_id) AS streamId
          ${SEARCH_FROM_SQL}
          WHERE still_wanted() AND ${CARRIER_SQL[by]} AND (m.hostname, m.machine_id) > (@hostname, @id)
          GROUP BY m.machine_no ORDER BY m.hostname, m.machine_id LIMIT @limit
        `)
        .all({ value: searchForm(value), hostname, id, limit: limit + 1 })
      const page = cutPage(rows, limit, (row) => [row.hostname, row.machineId])
      return { machines: page.rows, cursor: page.cursor }
    },

    machineStreams: (machineId: MachineId, presence: Presence, page: PageRequest): StreamsPage => {
      const sql = `m.machine_id = ? AND ${PRESENCE_SQL[presence]}`
      return streams({ sql, params: [machineId] }, 'ASC', page)
    },

    bucketDigests: (machineId: MachineId, bucketCount: number): string[] => {
      const sums = Array.from({ length: bucketCount }, () => new DigestSum(EMPTY_DIGEST))
      for (const row of selectOfMachine.iterate(machineId)) {
        const stream = fromStoredReport(row)
        sums[bucketOf(stream, bucketCount)]!.add(streamDigest(stream))
      }
      return sums.map((sum) => sum.toHex())
    },

    ping: (): void => void countLive.get(),

    stats: () => selectStats.get()!,
  }
}

/** A query about gone streams sees them without being told to. */
function where({ query, presence }: { query: Query; presence: Presence }): Condition {
  const effective = presence === 'live' && asksForGone(query) ? 'any' : presence
  const { sql, params } = compileQuery(query)
  return { sql: `${PRESENCE_SQL[effective]} AND ${sql}`, params }
}

function fromRow(row: StreamSelect): StoredStream {
  return {
    ...fromStoredReport(row),
    streamId: row.stream_id,
    machineId: row.machine_id as MachineId,
    hostname: row.hostname,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    goneAt: row.gone_at,
    isVolumeWritable: row.is_writable === 1,
  }
}
