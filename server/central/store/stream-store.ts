/** Reads streams: pages, counts, facets. Writes nothing; inventory-store.ts does. */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../protocol/ids.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import type { Query } from '../../streams/query/ast.ts'
import { asksForGone, type Condition, compileQuery, LAST_SEEN_SQL } from './compile-query.ts'
import { cutPage, decodeCursor } from './cursor.ts'
import {
  countFacets,
  FACET_COLUMNS_SQL,
  type FacetRow,
  type StoredFacets,
} from './inventory/stored-facets.ts'
import { fromReportRow, type ReportRow } from './stream-rows.ts'

/** Which streams by their presence. `live` is what is there now, as far as central knows. */
export type Presence = 'live' | 'gone' | 'any'

export interface StoredStream extends ReportedStream {
  streamId: number
  machineId: MachineId
  hostname: string
  firstSeenAt: number
  lastSeenAt: number
  goneAt: number | null
  /** False also where no scan has told yet how the volume is read. */
  isVolumeWritable: boolean
}

export interface StreamFilter {
  query: Query
  presence: Presence
}

export interface StreamStore {
  /** Newest first. The filter and the cursor of a page before it give the next page. */
  page(
    filter: StreamFilter,
    page: { cursor?: string | undefined; limit: number },
  ): { streams: StoredStream[]; cursor: string | null }
  count(filter: StreamFilter): number
  /** The largest buckets of each property. */
  facets(filter: StreamFilter): StoredFacets
  find(streamId: number): StoredStream | undefined
  /** Those of the ids that exist, and whether an order that has no receipt yet names them. */
  listByIds(streamIds: readonly number[]): (StoredStream & { isInOpenOrder: boolean })[]
}

const FROM_SQL = `
  FROM stream AS s
  JOIN machine AS m ON m.machine_no = s.machine_no
  LEFT JOIN volume AS v ON v.machine_no = s.machine_no AND v.volume_id = s.volume_id`

const COLUMNS_SQL = `
  s.stream_id, m.machine_id, m.hostname,
  s.volume_id, s.identity, s.stream_name_utf16, s.path, s.path_utf16, s.links_json, s.kind, s.size_bytes,
  s.allocated_bytes, s.is_resident, s.modified_at, s.sha256, s.origin_json, s.verdict, s.rule,
  s.first_seen_at, ${LAST_SEEN_SQL} AS last_seen_at, s.gone_at, ifnull(v.is_writable, 0) AS is_writable`

const IN_OPEN_ORDER_SQL = `EXISTS (
  SELECT 1 FROM order_target AS t WHERE t.stream_id = s.stream_id AND t.state IN ('queued', 'sent'))`

const PRESENCE_SQL: Record<Presence, string> = {
  live: 's.gone_at IS NULL',
  gone: 's.gone_at IS NOT NULL',
  any: '1',
}

interface StreamSelect extends ReportRow {
  stream_id: number
  machine_id: string
  hostname: string
  first_seen_at: number
  last_seen_at: number
  gone_at: number | null
  is_writable: number
}

export function createStreamStore(db: Database): StreamStore {
  const selectOne = db.prepare<[number], StreamSelect>(
    `SELECT ${COLUMNS_SQL} ${FROM_SQL} WHERE s.stream_id = ?`,
  )
  const selectByIds = db.prepare<[string], StreamSelect & { is_in_open_order: number }>(`
    SELECT ${COLUMNS_SQL}, ${IN_OPEN_ORDER_SQL} AS is_in_open_order ${FROM_SQL}
    WHERE s.stream_id IN (SELECT value FROM json_each(?)) ORDER BY s.stream_id
  `)
  const countLive = db.prepare<[], { total: number }>(
    'SELECT ifnull(sum(stream_count), 0) AS total FROM machine',
  )

  return {
    page(filter, { cursor, limit }) {
      const { sql, params } = where(filter)
      const [before] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeCursor(cursor, [0])
      // stream_id goes up with first_seen_at, and is unique where that is not.
      const rows = db
        .prepare<unknown[], StreamSelect>(
          `SELECT ${COLUMNS_SQL} ${FROM_SQL} WHERE ${sql} AND s.stream_id < ?
           ORDER BY s.stream_id DESC LIMIT ?`,
        )
        .all(...params, before, limit + 1)
      const page = cutPage(rows, limit, (row) => [row.stream_id])
      return { streams: page.rows.map(fromRow), cursor: page.cursor }
    },
    count(filter) {
      // The whole inventory is counted already, and its size is what every visit asks for first.
      if (filter.query.kind === 'all' && filter.presence === 'live') return countLive.get()!.total
      const { sql, params } = where(filter)
      return db
        .prepare<unknown[], { total: number }>(`SELECT count(*) AS total ${FROM_SQL} WHERE ${sql}`)
        .get(...params)!.total
    },
    facets: (filter) => {
      const { sql, params } = where(filter)
      return countFacets(
        db
          .prepare<unknown[], FacetRow>(`SELECT ${FACET_COLUMNS_SQL} ${FROM_SQL} WHERE ${sql}`)
          .raw()
          .iterate(...params) as IterableIterator<FacetRow>,
      )
    },
    find: (streamId) => {
      const row = selectOne.get(streamId)
      return row === undefined ? undefined : fromRow(row)
    },
    listByIds: (streamIds) =>
      selectByIds
        .all(JSON.stringify(streamIds))
        .map((row) => ({ ...fromRow(row), isInOpenOrder: row.is_in_open_order === 1 })),
  }
}

/** A query about gone streams sees them without being told to. */
function where({ query, presence }: StreamFilter): Condition {
  const effective = presence === 'live' && asksForGone(query) ? 'any' : presence
  const { sql, params } = compileQuery(query)
  return { sql: `${PRESENCE_SQL[effective]} AND ${sql}`, params }
}

function fromRow(row: StreamSelect): StoredStream {
  return {
    ...fromReportRow(row),
    streamId: row.stream_id,
    machineId: row.machine_id as MachineId,
    hostname: row.hostname,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    goneAt: row.gone_at,
    isVolumeWritable: row.is_writable === 1,
  }
}
