/** Numbers, sizes, times and labels as the console writes them. Pure; English, as all of its text. */

const counts = new Intl.NumberFormat('en')
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const percents = new Intl.NumberFormat('en', { style: 'percent' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })

export const formatCount = (count: number): string => counts.format(count)

export const formatPercent = (fraction: number): string => percents.format(fraction)

/** `1 stream`, `2,000 streams`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** In steps of 1,024 with the units that Windows Explorer uses. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${formatCount(bytes)} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = bytes
  let unit = -1
  // 1,023.95 would be written as "1,024 KB".
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${oneDigit.format(value)} ${units[unit] ?? ''}`
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** `3 hours ago`. Times that JavaScript cannot hold (hostile file times) are given back as they are. */
export function relativeTime(timestamp: string, nowMs: number): string {
  const ms = Date.parse(timestamp)
  if (Number.isNaN(ms)) return timestamp
  const seconds = (ms - nowMs) / 1000
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length)
      // What is over is counted in whole units; what ends "in 24 hours" should not say 23.
      return relative.format(
        seconds < 0 ? Math.trunc(seconds / length) : Math.round(seconds / length),
        unit,
      )
  }
  return seconds > 5 ? 'in a moment' : 'just now'
}

/** Local time with its zone, for the hover beside a relative time. */
export function exactTime(timestamp: string): string {
  const ms = Date.parse(timestamp)
  return Number.isNaN(ms) ? timestamp : `${exact.format(ms)} (${timestamp})`
}

/** By their numbers. */
export const ZONES = ['This PC', 'Intranet', 'Trusted', 'Internet', 'Restricted']

/** A zone number, or `none`, as people know it. */
export function zoneLabel(zone: number | string | null): string {
  if (zone === null || zone === 'none') return 'No zone'
  const name = ZONES[Number(zone)]
  return name === undefined ? `Zone ${zone}` : `${zone} ${name}`
}

export function shortenMiddle(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text
  const head = Math.ceil((maxUnits - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (maxUnits - 1 - head))}`
}
