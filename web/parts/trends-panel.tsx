/** How the fleet's totals changed. The period is in the address. */
import { useMemo } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { TrendTotals } from '../../server/protocol/api/trends.ts'
import { api } from '../api.ts'
import { periodOf, TREND_PERIODS, trendPlots } from '../model/trends.ts'
import { Failure } from './bits.tsx'
import { useResource } from './hooks.ts'
import { Plot } from './plot.tsx'

export function TrendsPanel({ now }: { now: TrendTotals }) {
  const { query } = useLocation()
  const days = periodOf(query.days)
  const trends = useResource(`trends ${days}`, (abort) => api.trends(days, abort))
  const samples = trends.value?.samples ?? null
  // As text: the same totals again are no reason to draw.
  const nowText = JSON.stringify(now)
  const plots = useMemo(() => {
    const last = { ...(JSON.parse(nowText) as TrendTotals), at: new Date().toISOString() }
    return trendPlots([...(samples ?? []), last])
  }, [samples, nowText])
  return (
    <section class="panel trends">
      <div class="panel-head">
        <h2>Over time</h2>
        <nav class="filters" aria-label="Period">
          {TREND_PERIODS.map(([period, label]) => (
            <a
              key={period}
              class="filter-link"
              href={period === 30 ? '/' : `/?days=${period}`}
              aria-current={period === days ? 'true' : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
      </div>
      {trends.error !== null && <Failure error={trends.error} retry={trends.reload} />}
      {samples !== null && samples.length === 0 && (
        <p class="faint">Central takes a sample every hour; the first one is still to come.</p>
      )}
      {samples !== null && samples.length > 0 && (
        <div class="plots">
          {plots.map((plot) => (
            <Plot key={plot.title} {...plot} />
          ))}
        </div>
      )}
    </section>
  )
}
