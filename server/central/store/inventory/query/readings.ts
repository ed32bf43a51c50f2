/**
 * Every reading of the inventory, as the reader workers run it: synchronous, on one read-only connection.
 * What each promises is in ../inventory-engine.ts.
 */
import type { MachineId } from '../../../../protocol/ids.ts'
import type { OrderAction } from '../../../../protocol/order.ts'
import { bucketOf } from '../../../../shared/inventory-buckets.ts'
import { EMPTY_DIGEST, streamDigest } from '../../../../shared/inventory-digest.ts'
import { cutPage, decodeCursor } from '../../cursor.ts'
import { DigestSum } from '../digest-sum.ts'
import type {
  CarrierQuestion,
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
import type { FacetBucket, StoredFacets } from '../stored-facets.ts'
import {
  fromStoredReport,
  REPORT_COLUMNS_SQL,
  REPORT_FROM_SQL,
  type StoredReportRow,
} from '../stored-report.ts'
import { countStreams } from './count.ts'
import { explainSearch } from './explain.ts'
import { facetsOf } from './facets.ts'
import { FIRST_SEEN_SQL, LAST_SEEN_SQL } from './leaf-conditions.ts'
import { findPage } from './page.ts'
import { createSearchContext, type SearchContext } from './search-context.ts'
import { type SelectionRequest, selectTargets, type TargetSelection } from './select-targets.ts'
import { suggestValues } from './suggest.ts'
import { whereIs } from './where-is.ts'

export type Readings = ReturnType<typeof createReadings>

const COLUMNS_SQL = `
  ${REPORT_COLUMNS_SQL}, m.machine_id, m.hostname, s.gone_at, ${FIRST_SEEN_SQL} AS first_seen_at,
  ${LAST_SEEN_SQL} AS last_seen_at, ifnull(v.is_writable, 0) AS is_writable`

const FROM_SQL = `${REPORT_FROM_SQL} JOIN machine AS m ON m.machine_no = v.machine_no`

const PRESENCE_SQL: Record<Presence, string> = {
  live: 's.gone_at IS NULL',
  gone: 's.gone_at IS NOT NULL',
  any: '1',
}

interface StreamSelect extends StoredReportRow {
  machine_id: string
  hostname: string
  first_seen_at: number
  last_seen_at: number
  gone_at: number | null
  is_writable: number
}

export function createReadings(reader: ReaderContext) {
  const { db } = reader
  const context = createSearchContext(reader)
  const selectByIds = db.prepare<[string], StreamSelect>(`
    SELECT ${COLUMNS_SQL} ${FROM_SQL}
    WHERE s.stream_id IN (SELECT value FROM json_each(?)) ORDER BY s.stream_id
  `)
  const countLive = db.prepare<[], { total: number }>(
    'SELECT ifnull(sum(stream_count), 0) AS total FROM machine',
  )
  const selectOfMachine = db.prepare<[string], StoredReportRow>(`
    SELECT ${REPORT_COLUMNS_SQL} ${FROM_SQL} WHERE m.machine_id = ? AND s.gone_at IS NULL
  `)
  const selectStats = db.prepare<
    [],
    { streams: number; liveStreams: number; items: number; classes: number }
  >(`
    SELECT (SELECT count(*) FROM stream) AS streams,
      (SELECT ifnull(sum(stream_count), 0) FROM machine) AS liveStreams,
      (SELECT ifnull(sum(item_count), 0) FROM class) AS items, (SELECT count(*) FROM class) AS classes
  `)
  const list = (streamIds: readonly number[]): StoredStream[] =>
    selectByIds.all(JSON.stringify(streamIds)).map(fromRow)

  /** The sets that a search made are of no use to the next. */
  const search = <Result>(work: (context: SearchContext) => Result): Result => {
    try {
      return work(context)
    } finally {
      context.forget()
    }
  }

  return {
    page: (filter: StreamFilter, page: PageRequest): StreamsPage =>
      search(() => {
        const { streamIds, cursor } = findPage(context, filter, page)
        const byId = new Map(list(streamIds).map((stream) => [stream.streamId, stream]))
        return { streams: streamIds.map((streamId) => byId.get(streamId)!), cursor }
      }),

    count: (filter: StreamFilter): StreamCount => search(() => countStreams(context, filter)),

    facets: (filter: StreamFilter): StoredFacets => search(() => facetsOf(context, filter)),

    explain: (filter: StreamFilter): SearchPlan => search(() => explainSearch(context, filter)),

    find: (streamId: number): StoredStream | undefined => {
      const row = selectByIds.get(JSON.stringify([streamId]))
      return row === undefined ? undefined : fromRow(row)
    },

    listByIds: list,

    selectTargets: (request: SelectionRequest, action: OrderAction, max: number): TargetSelection =>
      search(() => selectTargets(context, request, action, max)),

    suggest: (field: SuggestField, prefix: string, limit: number): FacetBucket[] =>
      suggestValues(context, field, prefix, limit),

    whereIs: (what: CarrierQuestion, page: PageRequest): WhereIsPage =>
      whereIs(context, what, page),

    machineStreams: (machineId: MachineId, presence: Presence, page: PageRequest): StreamsPage => {
      const [from] = page.cursor === undefined ? [0] : decodeCursor(page.cursor, [0])
      const rows = db
        .prepare<unknown[], StreamSelect>(
          `SELECT ${COLUMNS_SQL} ${FROM_SQL}
           WHERE s.stream_id IN (
             SELECT s.stream_id FROM machine AS m JOIN volume AS v USING (machine_no)
             JOIN stream AS s USING (volume_no)
             WHERE m.machine_id = ? AND ${PRESENCE_SQL[presence]} AND +s.stream_id > ?
             ORDER BY +s.stream_id LIMIT ?)
           ORDER BY s.stream_id`,
        )
        .all(machineId, from, page.limit + 1)
      const cut = cutPage(rows, page.limit, (row) => [row.stream_id])
      return { streams: cut.rows.map(fromRow), cursor: cut.cursor }
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
