/**
 * `/api/v1/trends`: the fleet's totals over time, from samples that central takes every hour and thins to one a day.
 *
 *   GET /trends?days=   Trends, oldest first
 */
import { type Static, Type } from 'typebox'
import { Timestamp } from '../ids.ts'

const strict = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })
const Counts = Type.Record(Type.String({ maxLength: 64 }), Count)

/** How far back samples go. */
export const MAX_TREND_DAYS = 731

export const TrendTotals = Type.Object(
  {
    machines: Count,
    online: Count,
    neverScanned: Count,
    stale: Count,
    /** Of machines whose last scan left something unread, failed or was cancelled. */
    incomplete: Count,
    streams: Count,
    verdicts: Counts,
    /** By zone number; `none` where there is no zone. */
    zones: Counts,
  },
  strict,
)
export type TrendTotals = Static<typeof TrendTotals>

export const TrendSample = Type.Object({ at: Timestamp, ...TrendTotals.properties }, strict)
export type TrendSample = Static<typeof TrendSample>

export const Trends = Type.Object({ samples: Type.Array(TrendSample) }, strict)
export type Trends = Static<typeof Trends>
