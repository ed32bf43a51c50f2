/**
 * A carrier's modification time as it is stored: a whole number of 100 ns since 2020, which is what NTFS keeps,
 * where that gives back exactly the text that was reported; else the text. From 1991 to 2048 the number is
 * exact in a double.
 */

/** A fraction does not end with a zero: it would come back without it. */
const FORM =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{0,6}[1-9])?Z$/
/** Where digits of the fraction begin, and how many there may be. */
const FRACTION_AT = 20
const FRACTION_DIGITS = 7
const ZERO = '0'.charCodeAt(0)
const TICKS_PER_MS = 10_000
const TICKS_PER_SECOND = 10_000_000
const EPOCH_MS = Date.UTC(2020, 0, 1)

export function encodeTimestamp(text: string): number | string {
  // By places, not by groups of the expression: this is done for every stream that is reported.
  if (!FORM.test(text)) return text
  const [year, month, day] = [numberAt(text, 0, 4), numberAt(text, 5, 2), numberAt(text, 8, 2)]
  // Beyond its end a month goes on in the next: the 31st of February is only text.
  if (day > daysOf(year, month)) return text
  const [hour, minute, second] = [
    numberAt(text, 11, 2),
    numberAt(text, 14, 2),
    numberAt(text, 17, 2),
  ]
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  const digits = Math.max(0, text.length - FRACTION_AT - 1)
  const fraction = numberAt(text, FRACTION_AT, digits) * 10 ** (FRACTION_DIGITS - digits)
  const ticks = (ms - EPOCH_MS) * TICKS_PER_MS + fraction
  return Number.isSafeInteger(ticks) ? ticks : text
}

function numberAt(text: string, from: number, digits: number): number {
  let number = 0
  for (let at = from; at < from + digits; at += 1) number = number * 10 + text.charCodeAt(at) - ZERO
  return number
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
