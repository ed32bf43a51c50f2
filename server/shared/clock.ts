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

/** RFC 3339 with the nanoseconds kept; JavaScript's Date would cut them. */
export function nanosecondsToTimestamp(ns: bigint): string {
  const seconds =
    ns >= 0n || ns % 1_000_000_000n === 0n ? ns / 1_000_000_000n : ns / 1_000_000_000n - 1n
  const fraction = (ns - seconds * 1_000_000_000n).toString().padStart(9, '0')
  const ms = Number(seconds) * 1000
  // Date covers ±8.64e15 ms; a hostile FILETIME may lie outside and is shown as the nearest end.
  const clamped = Math.max(-62_135_596_800_000, Math.min(253_402_300_799_000, ms))
  return `${new Date(clamped).toISOString().slice(0, 19)}.${fraction.replace(/0{0,9}$/, '') || '0'}Z`
}
