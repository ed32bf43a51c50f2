/**
 * Values of the number and time fields. A function answers with the condition, or with a sentence that
 * says how to write the value; the parser knows where in the text that is.
 */
import type { Query } from './ast.ts'
import { type Operator, readRangeSyntax } from './range-syntax.ts'

type NumberQuery = Extract<Query, { kind: 'number' }>
type TimeQuery = Extract<Query, { kind: 'time' }>
type Bounds = { readonly min: number | null; readonly max: number | null }

const SIZE_HELP = 'a size is written as 1500, 64kb, >1mb, 1mb..2mb or [1mb TO 2mb]'
const ZONE_HELP =
  'a zone is 0 (this PC), 1 (intranet), 2 (trusted), 3 (Internet), 4 (restricted), >=3, or none'
const TIME_HELP =
  'a time is written as <7d (younger), >30d (older), 2026-11-01 or 2026-11-01..2026-11-15'

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
}

const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
}

export function sizeQuery(value: string): NumberQuery | string {
  const bounds = numberBounds(value, readSize)
  if (bounds === null) return SIZE_HELP
  if (isReversed(bounds)) return 'the smaller size comes first'
  return { kind: 'number', field: 'size', ...bounds }
}

export function zoneQuery(value: string): Query | string {
  const absent: Query = { kind: 'zone-absent' }
  if (value.toLowerCase() === 'none') return absent
  if (value === '*') return { kind: 'not', item: absent }
  const bounds = numberBounds(value, readZone)
  if (bounds === null) return ZONE_HELP
  if (isReversed(bounds)) return 'the smaller zone comes first'
  return { kind: 'number', field: 'zone', ...bounds }
}

function readSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(text)
  if (match === null) return null
  const bytes = Number(match[1]) * UNIT_BYTES[match[2]!.toLowerCase()]!
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : null
}

function readZone(text: string): number | null {
  const isZone = /^[+-]?\d{1,10}$/.test(text) && Number(text) === (Number(text) | 0)
  return isZone ? Number(text) : null
}

/** Whole numbers only, so that an open end becomes the next one: `>64kb` is 65537 and more. */
function numberBounds(value: string, read: (text: string) => number | null): Bounds | null {
  const syntax = readRangeSyntax(value)
  if (syntax === null) return null
  if (syntax.form === 'range') {
    const low = syntax.low === null ? null : read(syntax.low)
    const high = syntax.high === null ? null : read(syntax.high)
    const isFaulty =
      (syntax.low !== null && low === null) || (syntax.high !== null && high === null)
    if (isFaulty) return null
    return {
      min: low === null ? null : Math.ceil(low),
      max: high === null ? null : Math.floor(high),
    }
  }
  const number = read(syntax.operand)
  return number === null ? null : compareBounds(syntax.operator, number)
}

function compareBounds(operator: Operator, number: number): Bounds {
  switch (operator) {
    case '=':
      return { min: Math.round(number), max: Math.round(number) }
    case '<':
      return { min: null, max: Math.ceil(number) - 1 }
    case '<=':
      return { min: null, max: Math.floor(number) }
    case '>':
      return { min: Math.floor(number) + 1, max: null }
    case '>=':
      return { min: Math.ceil(number), max: null }
  }
}

function isReversed({ min, max }: Bounds): boolean {
  return min !== null && max !== null && min > max
}

/** A stretch of time: a day, a minute, or the one moment that an age points at. */
interface Moment {
  readonly start: number
  readonly end: number
  readonly isAge: boolean
}

export function timeQuery(
  field: TimeQuery['field'],
  value: string,
  nowMs: number,
): TimeQuery | string {
  const between = (from: number | null, to: number | null): TimeQuery => ({
    kind: 'time',
    field,
    from,
    to,
  })
  // Any time at all; without a bound it could not be told apart.
  if (field === 'gone' && value === '*') return between(null, nowMs)
  const syntax = readRangeSyntax(value)
  if (syntax === null) return TIME_HELP
  if (syntax.form === 'range') {
    const low = syntax.low === null ? null : readMoment(syntax.low, nowMs)
    const high = syntax.high === null ? null : readMoment(syntax.high, nowMs)
    if ((syntax.low !== null && low === null) || (syntax.high !== null && high === null)) {
      return TIME_HELP
    }
    // `1d..7d` counts up in age, and so down in time.
    const [from, to] = (low ?? high)!.isAge && (high ?? low)!.isAge ? [high, low] : [low, high]
    if (from !== null && to !== null && from.start > to.end) return 'the earlier time comes first'
    return between(from?.start ?? null, to?.end ?? null)
  }
  const moment = readMoment(syntax.operand, nowMs)
  if (moment === null) return TIME_HELP
  if (moment.isAge) return ageQuery(syntax.operator, moment.start, between)
  switch (syntax.operator) {
    case '=':
      return between(moment.start, moment.end)
    case '<':
      return between(null, moment.start - 1)
    case '<=':
      return between(null, moment.end)
    case '>':
      return between(moment.end + 1, null)
    case '>=':
      return between(moment.start, null)
  }
}

/** Of an age, less means later. */
function ageQuery(
  operator: Operator,
  moment: number,
  between: (from: number | null, to: number | null) => TimeQuery,
): TimeQuery | string {
  if (operator === '=') return 'say younger or older: <7d or >7d'
  return operator.startsWith('<') ? between(moment, null) : between(null, moment)
}

function readMoment(text: string, nowMs: number): Moment | null {
  const age = /^(\d{1,6}(?:\.\d{1,3})?)(min|m|h|d|w|y)$/i.exec(text)
  if (age !== null) {
    const at = Math.round(nowMs - Number(age[1]) * UNIT_MS[age[2]!.toLowerCase()]!)
    return { start: at, end: at, isAge: true }
  }
  const date = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2}(?:\.\d{3})?)?Z?)?$/i.exec(text)
  if (date === null) return null
  const [, day, minute, second] = date
  const start = Date.parse(`${day}T${minute ?? '00:00'}${second ?? ':00'}Z`)
  // Date.parse takes 2026-02-30 for the 2nd of March.
  if (Number.isNaN(start) || !new Date(start).toISOString().startsWith(day!)) return null
  const lengthMs = minute === undefined ? UNIT_MS.d! : second === undefined ? UNIT_MS.m! : 1000
  return { start, end: start + (second?.includes('.') ? 1 : lengthMs) - 1, isAge: false }
}
