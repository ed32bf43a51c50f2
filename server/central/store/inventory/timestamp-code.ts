/**
 * A carrier's modification time as it is stored: a whole number of 100 ns since 2020, which is what NTFS keeps,
 * where that gives back exactly the text that was reported; else the text. From 1991 to 2048 the number is
 * exact in a double.
 */

const FORM = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?Z$/
const TICKS_PER_MS = 10_000
const TICKS_PER_SECOND = 10_000_000
const EPOCH_MS = Date.UTC(2020, 0, 1)

export function encodeTimestamp(text: string): number | string {
  const match = FORM.exec(text)
  if (match === null) return text
  const [, year, month, day, hour, minute, second, fraction = ''] = match
  const ms = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!)
  const ticks = (ms - EPOCH_MS) * TICKS_PER_MS + Number(fraction.padEnd(7, '0'))
  // The 31st of February, an hour of 25, zeros at the end, a year too far away: only text says that.
  return Number.isSafeInteger(ticks) && decodeTimestamp(ticks) === text ? ticks : text
}

export function decodeTimestamp(code: number | string): string {
  if (typeof code === 'string') return code
  const fraction = ((code % TICKS_PER_SECOND) + TICKS_PER_SECOND) % TICKS_PER_SECOND
  const seconds = new Date(EPOCH_MS + (code - fraction) / TICKS_PER_MS).toISOString().slice(0, 19)
  if (fraction === 0) return `${seconds}Z`
  return `${seconds}.${String(fraction).padStart(7, '0').replace(/0+$/, '')}Z`
}
