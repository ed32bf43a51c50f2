/**
 * A carrier's modification time as it is stored: a whole number of 100 ns since 2020, which is what NTFS keeps,
 * where that gives back exactly the text that was reported; else the text. From 1991 to 2048 the number is
 * exact in a double.
 */

/** A fraction does not end with a zero: it would come back without it. */
const FORM = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}):([0-5]\d)(?:\.(\d{0,6}[1-9]))?Z$/
const TICKS_PER_MS = 10_000
const TICKS_PER_SECOND = 10_000_000
const EPOCH_MS = Date.UTC(2020, 0, 1)

export function encodeTimestamp(text: string): number | string {
  const match = FORM.exec(text)
  if (match === null) return text
  const [, minutes = '', seconds = '', fraction = ''] = match
  // Files are written in bursts, and a date is dear to take apart.
  if (minutes !== last.text) last = { text: minutes, ms: msOf(minutes) }
  const ticks =
    (last.ms - EPOCH_MS + Number(seconds) * 1_000) * TICKS_PER_MS + Number(fraction.padEnd(7, '0'))
  return Number.isSafeInteger(ticks) ? ticks : text
}

/** Of the newest minute. */
let last = { text: '', ms: Number.NaN }

/** NaN where the calendar has no such minute, as the 31st of February. */
function msOf(minutes: string): number {
  const ms = Date.parse(`${minutes}:00Z`)
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 16) !== minutes ? Number.NaN : ms
}

export function decodeTimestamp(code: number | string): string {
  if (typeof code === 'string') return code
  const fraction = ((code % TICKS_PER_SECOND) + TICKS_PER_SECOND) % TICKS_PER_SECOND
  const seconds = new Date(EPOCH_MS + (code - fraction) / TICKS_PER_MS).toISOString().slice(0, 19)
  if (fraction === 0) return `${seconds}Z`
  return `${seconds}.${String(fraction).padStart(7, '0').replace(/0+$/, '')}Z`
}
