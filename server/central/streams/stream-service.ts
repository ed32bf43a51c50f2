/** The inventory as the console sees it: search, facets, one stream, and its content from the agent now. */
import { ReadReply } from '../../protocol/agent-api.ts'
import type { StreamFacets, StreamPage, StreamRow } from '../../protocol/api/streams.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { QueryError } from '../../streams/query/ast.ts'
import { parseQuery } from '../../streams/query/parse-query.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { type AgentLink, agentRoute } from '../machines/agent-link.ts'
import { exclusionReason } from '../ordering/exclusion.ts'
import type { Presence, StoredStream, StreamFilter, StreamStore } from '../store/stream-store.ts'

const READ_TIMEOUT_MS = 30_000
/** Rows that an export reads at a time; between two reads the event loop serves others. */
const EXPORT_PAGE = 500

const readContent = agentRoute('POST', '/v1/read', ReadReply)

/** What the URL says. */
export interface StreamSearch {
  q: string
  presence: Presence
}

export interface StreamService {
  page(search: StreamSearch, page: { cursor?: string | undefined; limit: number }): StreamPage
  facets(search: StreamSearch): StreamFacets
  get(streamId: number): StreamRow
  /** Every match, page by page. The query is checked before the first page is asked for. */
  export(search: StreamSearch): AsyncGenerator<StreamRow[], void, undefined>
  content(
    streamId: number,
    range: { offset: number; length: number },
    actor: string,
  ): Promise<ReadReply>
}

export function createStreamService(parts: {
  streams: StreamStore
  link: AgentLink
  audit: AuditLog
  clock: Clock
}): StreamService {
  const { streams, link, audit, clock } = parts

  const find = (streamId: number): StoredStream => {
    const stream = streams.find(streamId)
    if (stream !== undefined) return stream
    throw new AppError('STREAM_NOT_FOUND', 404, `there is no stream ${streamId}`)
  }
  const toFilter = ({ q, presence }: StreamSearch): StreamFilter => ({
    query: parse(q, clock.now()),
    presence,
  })

  return {
    page: (search, page) =>
      withQueryErrors(() => {
        const filter = toFilter(search)
        const { streams: found, cursor } = streams.page(filter, page)
        return { streams: found.map(toStreamRow), cursor, total: streams.count(filter) }
      }),
    facets: (search) => withQueryErrors(() => streams.facets(toFilter(search))),
    get: (streamId) => toStreamRow(find(streamId)),
    export: (search) => {
      const filter = toFilter(search)
      const first = withQueryErrors(() => streams.page(filter, { limit: EXPORT_PAGE }))
      return exportPages(streams, filter, first)
    },
    content: async (streamId, { offset, length }, actor) => {
      const { machineId, volumeId, identity, path, stream } = find(streamId)
      const body = { volumeId, identity, path, stream, offset, length }
      const reply = await readContent(link, machineId, body, READ_TIMEOUT_MS)
      audit.record(actor, 'content.read', String(streamId), { machineId, path, stream, offset })
      return reply
    },
  }
}

async function* exportPages(
  streams: StreamStore,
  filter: StreamFilter,
  first: { streams: StoredStream[]; cursor: string | null },
): AsyncGenerator<StreamRow[], void, undefined> {
  let page = first
  while (true) {
    yield page.streams.map(toStreamRow)
    if (page.cursor === null) return
    await new Promise((resolve) => setImmediate(resolve))
    page = streams.page(filter, { cursor: page.cursor, limit: EXPORT_PAGE })
  }
}

function parse(q: string, now: number): StreamFilter['query'] {
  return withQueryErrors(() => parseQuery(q, now))
}

function withQueryErrors<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw new AppError('QUERY_INVALID', 400, error.message, {
      cause: error,
      details: { position: error.position, length: error.length },
    })
  }
}

function toStreamRow(stored: StoredStream): StreamRow {
  const { isVolumeWritable: _, ...row } = stored
  return {
    ...row,
    firstSeenAt: toTimestamp(stored.firstSeenAt),
    lastSeenAt: toTimestamp(stored.lastSeenAt),
    goneAt: stored.goneAt === null ? null : toTimestamp(stored.goneAt),
    isStrippable: exclusionReason(stored) === null,
  }
}
