/** The only source of "now", so that tests can move time. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** RFC 3339 in UTC with milliseconds. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString()
}

/** RFC 3339 with the nanoseconds kept, without trailing zeros; JavaScript's Date would cut them. */
export function nanosecondsToTimestamp(ns: bigint): string {
  const remainder = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND
  const ms = Number((ns - remainder) / NS_PER_SECOND) * 1_000
  // A hostile FILETIME may lie outside what RFC 3339 can say and is shown as the nearest end.
  const clamped = Math.max(YEAR_1_MS, Math.min(YEAR_9999_MS, ms))
  const fraction = remainder.toString().padStart(9, '0').replace(/0+$/, '')
  return `${new Date(clamped).toISOString().slice(0, 19)}${fraction && `.${fraction}`}Z`
}

const NS_PER_SECOND = 1_000_000_000n
const YEAR_1_MS = Date.parse('0001-01-01T00:00:00Z')
const YEAR_9999_MS = Date.UTC(9999, 11, 31, 23, 59, 59)
