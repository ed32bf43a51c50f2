/** A glob of the query language as SQLite compares it, and what of it an index can find. */
import { searchForm } from '../../../../streams/query/search-form.ts'

export interface TextPattern {
  /** For `LIKE … ESCAPE '\'`: the whole value. */
  readonly like: string
  /** The text itself where the pattern has no wildcard. */
  readonly literal: string | null
  /** Up to the first wildcard. */
  readonly prefix: string
  /** What stands between wildcards, in order, none of it empty. */
  readonly runs: readonly string[]
}

/** `isContained`: without a wildcard it may stand anywhere in the value. */
export function readPattern(pattern: string, isContained: boolean): TextPattern {
  const text = searchForm(pattern)
  let like = ''
  let hasWildcard = false
  const runs = ['']
  for (let i = 0; i < text.length; i++) {
    let unit = text[i]!
    if (unit === '*' || unit === '?') {
      hasWildcard = true
      like += unit === '*' ? '%' : '_'
      runs.push('')
      continue
    }
    if (unit === '\\' && i + 1 < text.length) {
      i += 1
      unit = text[i]!
    }
    runs[runs.length - 1] += unit
    like += /[%_\\]/.test(unit) ? `\\${unit}` : unit
  }
  const isAnywhere = isContained && !hasWildcard
  return {
    like: isAnywhere ? `%${like}%` : like,
    literal: hasWildcard || isAnywhere ? null : runs[0]!,
    prefix: isAnywhere ? '' : runs[0]!,
    runs: runs.filter((run) => run !== ''),
  }
}

/**
 * What an index in NOCASE order has to be read between for everything that begins with the prefix, and
 * perhaps a little more. Null: an empty prefix, which is everything.
 */
export function prefixRange(prefix: string): { from: string; below: string } | null {
  if (prefix === '') return null
  const from = foldAscii(prefix)
  const points = [...from]
  const last = points.pop()!.codePointAt(0)!
  // No scalar value lies between U+D7FF and U+E000, and none after U+10FFFF.
  if (last === 0x10_ff_ff) return null
  const next = last === 0xd7_ff ? 0xe0_00 : last + 1
  return { from, below: points.join('') + String.fromCodePoint(next) }
}

export function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** Enough to be selective; each further one is a list more to read. */
const MAX_TRIGRAMS = 8

/**
 * An FTS5 expression that every value with this text in it meets, or null where the text is too short for
 * an index of trigrams. It folds more than ASCII, so that it finds too much and never too little.
 */
export function trigramsOf(runs: readonly string[]): string | null {
  const all = new Set<string>()
  for (const run of runs) {
    const points = [...run]
    for (let i = 0; i + 3 <= points.length; i++) all.add(points.slice(i, i + 3).join(''))
  }
  if (all.size === 0) return null
  const list = [...all]
  const step = Math.max(1, list.length / MAX_TRIGRAMS)
  const chosen = Array.from(
    { length: Math.min(list.length, MAX_TRIGRAMS) },
    (_, i) => list[Math.floor(i * step)]!,
  )
  return chosen.map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ')
}
