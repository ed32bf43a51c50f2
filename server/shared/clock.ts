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
  // Numbers from here on: bigints would make this the dearest field of a listing.
  const quotient = Number(ns / NS_PER_SECOND)
  const rest = Number(ns % NS_PER_SECOND)
  const seconds = rest < 0 ? quotient - 1 : quotient
  const fraction = rest < 0 ? rest + 1e9 : rest
  if (fraction === 0) return `${secondsText(seconds)}Z`
  let digits = String(fraction + 1e9)
  let end = digits.length
  while (digits.charCodeAt(end - 1) === DIGIT_0) end -= 1
  digits = digits.slice(1, end)
  return `${secondsText(seconds)}.${digits}Z`
}

/** Files are written in bursts, so the last answer often serves again. */
let last = { seconds: Number.NaN, text: '' }

function secondsText(seconds: number): string {
  if (last.seconds === seconds) return last.text
  // A hostile FILETIME may lie outside what RFC 3339 can say and is shown as the nearest end.
  const clamped = Math.max(YEAR_1_MS, Math.min(YEAR_9999_MS, seconds * 1_000))
  const text = new Date(clamped).toISOString().slice(0, 19)
  last = { seconds, text }
  return text
}

const DIGIT_0 = 48

const NS_PER_SECOND = 1_000_000_000n
const YEAR_1_MS = Date.parse('0001-01-01T00:00:00Z')
const YEAR_9999_MS = Date.UTC(9999, 11, 31, 23, 59, 59)
