/** What the overview draws of the fleet's history: lines that belong together, each with what is behind it. */

import type { Machine } from '../../server/protocol/api/machines.ts'
import type { StreamFacets } from '../../server/protocol/api/streams.ts'
import type { TrendSample, TrendTotals } from '../../server/protocol/api/trends.ts'
import { countOf } from './fleet.ts'
import { streamsUrl } from './query-text.ts'

export interface TrendLine {
  readonly label: string
  /** Name of a custom property. */
  readonly color: string
  readonly href: string
  readonly values: readonly number[]
}

export interface TrendPlot {
  readonly title: string
  readonly times: readonly string[]
  readonly lines: readonly TrendLine[]
}

/** What the next sample would be: the end of every line, and what its link leads to. */
export function totalsOf(machines: readonly Machine[], facets: StreamFacets): TrendTotals {
  const counts = (buckets: StreamFacets['zones']) =>
    Object.fromEntries(buckets.map(({ value, count }) => [value, count]))
  return {
    machines: machines.length,
    online: countOf(machines, 'online'),
    neverScanned: countOf(machines, 'unscanned'),
    stale: countOf(machines, 'stale'),
    incomplete: countOf(machines, 'unreadable') + countOf(machines, 'incomplete'),
    streams: facets.total,
    verdicts: counts(facets.verdicts),
    zones: counts(facets.zones),
  }
}

export const TREND_PERIODS = [
  [7, 'a week'],
  [30, 'a month'],
  [365, 'a year'],
] as const

export function periodOf(text: string | undefined): number {
  const days = Number(text)
  return TREND_PERIODS.some(([period]) => period === days) ? days : 30
}

export function trendPlots(samples: readonly TrendSample[]): TrendPlot[] {
  const times = samples.map(({ at }) => at)
  const line = (
    label: string,
    color: string,
    href: string,
    of: (totals: TrendTotals) => number | undefined,
  ): TrendLine => ({ label, color, href, values: samples.map((sample) => of(sample) ?? 0) })
  const plot = (title: string, lines: TrendLine[]): TrendPlot => ({ title, times, lines })
  return [
    plot('Streams', [
      line('all', '--bar-plain', streamsUrl(''), (totals) => totals.streams),
      line('Internet zone', '--bar-keep', streamsUrl('zone:3'), ({ zones }) => zones['3']),
      line('marks', '--bar-mark', streamsUrl('verdict:mark'), ({ verdicts }) => verdicts.mark),
    ]),
    plot('Suspicious streams', [
      line(
        'suspicious',
        '--bar-suspicious',
        streamsUrl('verdict:suspicious'),
        ({ verdicts }) => verdicts.suspicious,
      ),
    ]),
    plot('Machines', [
      line('all', '--bar-plain', '/machines', (totals) => totals.machines),
      line('online', '--bar-harmless', '/machines?show=online', (totals) => totals.online),
      line(
        'not wholly read',
        '--bar-mark',
        '/machines?show=unreadable',
        (totals) => totals.incomplete,
      ),
      line('never scanned', '--bar-unknown', '/machines?show=unscanned', (t) => t.neverScanned),
    ]),
  ]
}
