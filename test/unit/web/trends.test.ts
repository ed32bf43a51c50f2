import { describe, expect, it } from 'vitest'
import type { TrendSample } from '../../../server/protocol/api/trends.ts'
import { periodOf, trendPlots } from '../../../web/model/trends.ts'

const sample = (at: string, streams: number, suspicious?: number): TrendSample => ({
  at,
  machines: 3,
  online: 2,
  neverScanned: 0,
  stale: 0,
  incomplete: 1,
  streams,
  verdicts: suspicious === undefined ? {} : { suspicious },
  zones: { 3: streams - 1 },
})

describe('the lines of the overview', () => {
  it('have a value for every sample, 0 where nothing was counted, and lead to what is behind them', () => {
    const [streams, suspicious] = trendPlots([
      sample('2026-01-01T00:00:00Z', 10),
      sample('2026-01-01T01:00:00Z', 20, 2),
    ])
    expect(streams?.times).toEqual(['2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'])
    expect(streams?.lines.map(({ values }) => values)).toEqual([
      [10, 20],
      [9, 19],
      [0, 0],
    ])
    expect(suspicious?.lines[0]).toMatchObject({
      values: [0, 2],
      href: '/streams?q=verdict%3Asuspicious',
    })
  })

  it('cover a month unless the address names another period that there is', () => {
    expect([undefined, '7', '365', '8', 'x'].map(periodOf)).toEqual([30, 7, 365, 30, 30])
  })
})
