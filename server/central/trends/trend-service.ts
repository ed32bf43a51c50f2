/** Samples the fleet's totals, so that it can be seen how they change. Nothing is sampled that could not be counted. */
import { MAX_TREND_DAYS, type Trends, type TrendTotals } from '../../protocol/api/trends.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { parseQuery } from '../../streams/query/parse-query.ts'
import { ALL_MACHINES, type Scope } from '../accounts/scope-service.ts'
import type { AgentLink } from '../machines/agent-link.ts'
import { countOnline } from '../machines/count-online.ts'
import type { InventoryReading } from '../store/inventory/inventory-engine.ts'
import type { FacetBucket } from '../store/inventory/stored-facets.ts'
import type { MachineCareStore } from '../store/machine-care-store.ts'
import type { TrendStore } from '../store/trend-store.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** So long each hour can be seen, then each day. */
const HOURLY_DAYS = 8
/** How often it is looked whether an hour has begun. */
const LOOK_MS = 60_000

export interface TrendService {
  /** Samples are of all machines. Of a scope there is no history: only what is now. */
  since(days: number, scope: Scope): Promise<Trends>
  /** Of the hour that is now, unless it has its sample. Resolves when that is stored. */
  sample(): Promise<void>
  stop(): Promise<void>
}

export interface TrendParts {
  trends: TrendStore
  inventory: Pick<InventoryReading, 'facets'>
  care: MachineCareStore
  link: AgentLink
  clock: Clock
  logger: Logger
  staleAfterMs: number
}

export function createTrendService(parts: TrendParts): TrendService {
  const { trends, clock, logger } = parts

  const sample = async (): Promise<void> => {
    const now = clock.now()
    const hour = Math.floor(now / HOUR_MS) * HOUR_MS
    if (trends.has(hour)) return
    const totals = await totalsNow(parts, ALL_MACHINES)
    // The first machine begins the history; before it there is nothing to see.
    if (totals.machines === 0) return
    trends.put(hour, totals)
    trends.thin({
      dailyBefore: now - HOURLY_DAYS * DAY_MS,
      forgetBefore: now - MAX_TREND_DAYS * DAY_MS,
    })
  }
  const sampleQuietly = (): Promise<void> =>
    sample().catch((error: unknown) =>
      logger.warn({ err: error }, 'the totals of this hour could not be sampled'),
    )
  let pass = sampleQuietly()
  const timer = setInterval(() => {
    pass = pass.then(sampleQuietly)
  }, LOOK_MS)
  timer.unref()

  return {
    since: async (days, scope) => {
      const samples =
        scope === null
          ? trends.since(clock.now() - days * DAY_MS)
          : [{ at: clock.now(), ...(await totalsNow(parts, scope)) }]
      return { samples: samples.map(({ at, ...totals }) => ({ at: toTimestamp(at), ...totals })) }
    },
    sample,
    stop: () => {
      clearInterval(timer)
      return pass
    },
  }
}

async function totalsNow(parts: TrendParts, scope: Scope): Promise<TrendTotals> {
  const { inventory, care, link, clock, staleAfterMs } = parts
  const now = clock.now()
  const facets = await inventory.facets({
    query: parseQuery('', now),
    presence: 'live',
    machineNos: scope?.machineNos,
  })
  const { incomplete, failed, ...counts } = care.coverageCounts(
    now - staleAfterMs,
    scope?.machineNos ?? null,
  )
  return {
    machines: counts.machines,
    neverScanned: counts.neverScanned,
    stale: counts.stale,
    online: countOnline(link, scope),
    incomplete: incomplete + failed,
    streams: facets.total,
    verdicts: byValue(facets.verdicts),
    zones: byValue(facets.zones),
  }
}

function byValue(buckets: readonly FacetBucket[]): Record<string, number> {
  return Object.fromEntries(buckets.map(({ value, count }) => [value, count]))
}
