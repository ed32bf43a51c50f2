/**
 * A carrier's modification time as it is stored: a whole number of 100 ns since 2020, which is what NTFS keeps,
 * where that gives back exactly the text that was reported; else the text. From 1991 to 2048 the number is
 * exact in a double.
 */

/** A fraction does not end with a zero: it would come back without it. */
const FORM =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{0,6}[1-9]))?Z$/
const TICKS_PER_MS = 10_000
const TICKS_PER_SECOND = 10_000_000
const EPOCH_MS = Date.UTC(2020, 0, 1)

export function encodeTimestamp(text: string): number | string {
  const match = FORM.exec(text)
  if (match === null) return text
  const [, year, month, day, hour, minute, second, fraction = ''] = match
  // Beyond its end a month goes on in the next: the 31st of February is only text.
  if (Number(day) > daysOf(Number(year), Number(month))) return text
  const ms = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const ticks = (ms - EPOCH_MS) * TICKS_PER_MS + Number(fraction.padEnd(7, '0'))
  return Number.isSafeInteger(ticks) ? ticks : text
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

export function decodeTimestamp(code: number | string): string {
  if (typeof code === 'string') return code
  const fraction = ((code % TICKS_PER_SECOND) + TICKS_PER_SECOND) % TICKS_PER_SECOND
  const seconds = new Date(EPOCH_MS + (code - fraction) / TICKS_PER_MS).toISOString().slice(0, 19)
  if (fraction === 0) return `${seconds}Z`
  return `${seconds}.${String(fraction).padStart(7, '0').replace(/0+$/, '')}Z`
}
