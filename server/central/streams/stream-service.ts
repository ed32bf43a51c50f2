/** The inventory as the console sees it: search, facets, one stream, and its content from the agent now. */
import { ReadReply } from '../../protocol/agent-api.ts'
import type {
  QuerySuggestions,
  StreamFacets,
  StreamPage,
  StreamRow,
} from '../../protocol/api/streams.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { exclusionReason } from '../../streams/exclusion.ts'
import { parseQuery } from '../../streams/query/parse-query.ts'
import { isInScope, type Scope } from '../accounts/scope-service.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { type AgentLink, agentRoute } from '../machines/agent-link.ts'
import type {
  InventoryReading,
  Presence,
  StoredStream,
  StreamFilter,
  StreamsPage,
} from '../store/inventory/inventory-engine.ts'
import { asQueryInvalid } from './parse-search.ts'
import { suggestAt } from './suggest.ts'
import { createTotals } from './totals.ts'

const READ_TIMEOUT_MS = 30_000
/** Rows that an export reads at a time. */
const EXPORT_PAGE = 500

const readContent = agentRoute('POST', '/v1/read', ReadReply)

/** What the URL says. */
export interface StreamSearch {
  q: string
  presence: Presence
  /** Of whoever asks. */
  scope: Scope
}

export interface StreamService {
  page(
    search: StreamSearch,
    page: { cursor?: string | undefined; limit: number },
    options?: { withPlan?: boolean },
  ): Promise<StreamPage>
  suggest(q: string, position: number, scope: Scope): Promise<QuerySuggestions>
  facets(search: StreamSearch): Promise<StreamFacets>
  /** Throws STREAM_NOT_FOUND, also for what is beyond the scope. */
  get(streamId: number, scope: Scope): Promise<StreamRow>
  /** Every match, page by page. The query is checked before this resolves. */
  export(search: StreamSearch): Promise<AsyncGenerator<StreamRow[], void, undefined>>
  content(
    streamId: number,
    range: { offset: number; length: number },
    actor: string,
    scope: Scope,
  ): Promise<ReadReply>
}

export function createStreamService(parts: {
  inventory: InventoryReading
  link: AgentLink
  audit: AuditLog
  clock: Clock
}): StreamService {
  const { inventory, link, audit, clock } = parts
  const totals = createTotals()

  const find = async (streamId: number, scope: Scope): Promise<StoredStream> => {
    const stream = await inventory.find(streamId)
    if (stream !== undefined && isInScope(scope, stream.machineId)) return stream
    throw new AppError('STREAM_NOT_FOUND', 404, `there is no stream ${streamId}`)
  }
  const toFilter = ({ q, presence, scope }: StreamSearch): StreamFilter => ({
    query: parseQuery(q, clock.now()),
    presence,
    machineNos: scope?.machineNos,
  })

  return {
    page: (search, page, { withPlan = false } = {}) =>
      withQueryErrors(async () => {
        const filter = toFilter(search)
        const isFirst = page.cursor === undefined
        const [{ streams, cursor }, { total, isExact }, plan] = await Promise.all([
          inventory.page(filter, page),
          totals.of(search, isFirst, () => inventory.count(filter)),
          // Its estimates are of the whole fleet.
          withPlan && search.scope === null ? inventory.explain(filter) : null,
        ])
        const found = { streams: streams.map(toStreamRow), cursor, total, totalIsExact: isExact }
        return plan === null ? found : { ...found, plan }
      }),
    suggest: (q, position, scope) => suggestAt(inventory, scope, q, position),
    facets: (search) =>
      withQueryErrors(async () => {
        const { isTotalExact, ...facets } = await inventory.facets(toFilter(search))
        return { ...facets, totalIsExact: isTotalExact }
      }),
    get: async (streamId, scope) => toStreamRow(await find(streamId, scope)),
    export: (search) =>
      withQueryErrors(async () => {
        const filter = toFilter(search)
        const pageAt = (cursor?: string): Promise<StreamsPage> => {
          const within = { ...filter, machineNos: search.scope?.machineNos }
          return inventory.page(within, { cursor, limit: EXPORT_PAGE })
        }
        return exportPages(pageAt, await pageAt())
      }),
    content: async (streamId, { offset, length }, actor, scope) => {
      const { machineId, volumeId, identity, path, stream } = await find(streamId, scope)
      const body = { volumeId, identity, path, stream, offset, length }
      const reply = await readContent(link, machineId, body, READ_TIMEOUT_MS)
      audit.record(actor, 'content.read', String(streamId), { machineId, path, stream, offset })
      return reply
    },
  }
}

/** Each page within the scope as it is then. */
async function* exportPages(
  pageAt: (cursor: string) => Promise<StreamsPage>,
  first: StreamsPage,
): AsyncGenerator<StreamRow[], void, undefined> {
  let page = first
  while (true) {
    yield page.streams.map(toStreamRow)
    if (page.cursor === null) return
    page = await pageAt(page.cursor)
  }
}

async function withQueryErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw asQueryInvalid(error)
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
