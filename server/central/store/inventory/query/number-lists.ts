/** Lists of numbers of a dictionary, in descending order and resumable: what a pattern finds in it. */

import { compareText } from './leaf-conditions.ts'
import type { SearchContext } from './search-context.ts'
import { or, type Sql } from './sql.ts'
import { prefixRange, type TextPattern, trigramsOf } from './text-pattern.ts'

export interface NumberList {
  /** Numbers below `before` (null: all), at most `limit`; `next`: go on below this, null at the end. */
  next(before: number | null, limit: number): { numbers: readonly number[]; next: number | null }
  /** How many there are, counted up to LIST_LIMIT. */
  readonly size: number
  readonly isSizeExact: boolean
}

/** What is gathered and sorted at once; a longer list is walked in the dictionary's own order. */
export const LIST_LIMIT = 5_000

/** Rows of a dictionary that are looked at in one step. */
const SCAN_STEP = 20_000

export interface Dictionary {
  readonly table: string
  readonly no: string
  readonly column: string
  /** The index on the column; null: there is none. */
  readonly index: string | null
  /** Its FTS5 table of trigrams. */
  readonly trigrams: string
}

export const FOLDERS: Dictionary = {
  table: 'folder',
  no: 'folder_no',
  column: 'path',
  index: 'folder_by_path',
  trigrams: 'folder_text',
}
export const NAMES: Dictionary = {
  table: 'file_name',
  no: 'name_no',
  column: 'name',
  index: 'file_name_by_name',
  trigrams: 'file_name_text',
}
export const REFERRERS: Dictionary = {
  table: 'referrer',
  no: 'referrer_no',
  column: 'url',
  index: null,
  trigrams: 'referrer_text',
}

export function listOf(numbers: readonly number[]): NumberList {
  const sorted = [...numbers].sort((a, b) => b - a)
  return {
    size: sorted.length,
    isSizeExact: true,
    next(before, limit) {
      const from = before === null ? 0 : firstBelow(sorted, before)
      const taken = sorted.slice(from, from + limit)
      return { numbers: taken, next: from + limit < sorted.length ? taken.at(-1)! : null }
    },
  }
}

/** Null: no index helps with one of the patterns, so that all of the dictionary would have to be read. */
export function findInDictionary(
  context: SearchContext,
  dictionary: Dictionary,
  patterns: readonly TextPattern[],
): NumberList | null {
  const found = new Set<number>()
  const streaming: { expression: string | null; pattern: TextPattern }[] = []
  for (const pattern of patterns) {
    const search = searchFor(dictionary, pattern)
    if (search === null) return null
    const rows = context.all(`${search.text} LIMIT ${LIST_LIMIT + 1}`, ...search.params)
    for (const row of rows) found.add(row[0] as number)
    if (rows.length > LIST_LIMIT) streaming.push({ expression: search.trigrams, pattern })
  }
  if (streaming.length === 0) return listOf([...found])
  // Dense enough that walking through the dictionary finds some in every step.
  return walkThrough(
    context,
    dictionary,
    or(patterns.map((pattern) => compareText(dictionary.column, pattern))),
  )
}

interface DictionarySearch {
  readonly text: string
  readonly params: readonly (string | number)[]
  readonly trigrams: string | null
}

function searchFor(dictionary: Dictionary, pattern: TextPattern): DictionarySearch | null {
  const { table, no, column, index } = dictionary
  const condition = compareText(`d.${column}`, pattern)
  const range = pattern.literal === null ? prefixRange(pattern.prefix) : null
  if (index !== null && (pattern.literal !== null || range !== null)) {
    const between = range === null ? '' : `${column} >= ? AND ${column} < ? AND `
    return {
      text: `SELECT ${no} FROM ${table} AS d INDEXED BY ${index} WHERE ${between}${condition.sql}`,
      params: [...(range === null ? [] : [range.from, range.below]), ...condition.params],
      trigrams: null,
    }
  }
  const expression = trigramsOf(pattern.runs)
  if (expression === null) return null
  return {
    text: `SELECT d.${no} FROM ${dictionary.trigrams} AS t CROSS JOIN ${table} AS d ON d.${no} = t.rowid
      WHERE ${dictionary.trigrams} MATCH ? AND still_wanted() AND ${condition.sql}`,
    params: [expression, ...condition.params],
    trigrams: expression,
  }
}

function walkThrough(context: SearchContext, dictionary: Dictionary, condition: Sql): NumberList {
  const { table, no } = dictionary
  const select = context.prepare(
    `SELECT ${no} FROM ${table} NOT INDEXED WHERE ${no} < ? AND ${no} >= ? AND ${condition.sql} ORDER BY ${no} DESC LIMIT ?`,
  )
  return {
    size: LIST_LIMIT,
    isSizeExact: false,
    next(before, limit) {
      let below = before ?? context.number(`SELECT max(${no}) FROM ${table}`) + 1
      while (below > 0) {
        context.check()
        const from = Math.max(0, below - SCAN_STEP)
        const rows = select.all(below, from, ...condition.params, limit)
        const numbers = rows.map((row) => row[0] as number)
        if (numbers.length === limit) return { numbers, next: numbers.at(-1)! }
        if (numbers.length > 0) return { numbers, next: from > 0 ? from : null }
        below = from
      }
      return { numbers: [], next: null }
    },
  }
}

function firstBelow(sorted: readonly number[], before: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < before) high = middle
    else low = middle + 1
  }
  return low
}
