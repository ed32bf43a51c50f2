/**
 * Where a text inside a path can be found by the dictionaries: in the folder, in the file name, or across
 * the separator between them.
 */
import { BY_FOLDER, BY_NAME, itemsOfList } from './item-sources.ts'
import type { TextLeaf } from './leaf-conditions.ts'
import { compareText, patternOf } from './leaf-conditions.ts'
import { FOLDERS, findInDictionary, NAMES, type NumberList } from './number-lists.ts'
import type { SearchContext } from './search-context.ts'
import type { Source } from './source.ts'
import { or, type Sql } from './sql.ts'
import { readPattern, type TextPattern } from './text-pattern.ts'

/** A source, and what every stream that it is there for meets: later ones leave those out. */
export interface Part {
  readonly source: Source
  readonly condition: Sql
}

/** Together these lead to every item whose path can match. Null: the text is too short for an index. */
export function pathParts(
  context: SearchContext,
  leaf: TextLeaf,
  streamsPerItem: number,
): Part[] | null {
  const { prefix, runs } = patternOf(leaf)
  if (prefix !== '') return pathsFrom(context, prefix, streamsPerItem)
  const run = longest(runs)
  if (run === undefined) return null
  const names = namePatterns(run)
  const folder = contains(run)
  const inNames = names.length === 0 ? null : findInDictionary(context, NAMES, names)
  const inFolders = findInDictionary(context, FOLDERS, [folder])
  if (inFolders === null || (inNames === null && names.length > 0)) return null
  const parts: Part[] = []
  if (inNames !== null) {
    parts.push({
      source: itemsOfList(context, BY_NAME, inNames, {
        driver: `${listWords(inNames)} file names with ${JSON.stringify(run)}`,
        order: 'by file name, newest name first',
        estimate: estimateOf(context, inNames, 'file_name', 'name_no', streamsPerItem),
      }),
      condition: or(names.map((pattern) => compareText('fn.name', pattern))),
    })
  }
  parts.push({
    source: itemsOfList(context, BY_FOLDER, inFolders, {
      driver: `${listWords(inFolders)} folders with ${JSON.stringify(run)}`,
      order: 'by folder, newest folder first',
      estimate: estimateOf(context, inFolders, 'folder', 'folder_no', streamsPerItem),
    }),
    condition: compareText('fo.path', folder),
  })
  return parts
}

/** The path begins with it: so does the folder, or the folder is one of those that the text goes through. */
function pathsFrom(context: SearchContext, prefix: string, streamsPerItem: number): Part[] | null {
  const above = [...prefix.matchAll(/[\\/]/g)].map(({ index }) => prefix.slice(0, index + 1))
  const exact = [...above, ''].map((folder) => readPattern(escaped(folder), false))
  const patterns = [beginsWith(prefix), ...exact]
  const folders = findInDictionary(context, FOLDERS, patterns)
  if (folders === null) return null
  const source = itemsOfList(context, BY_FOLDER, folders, {
    driver: `${listWords(folders)} folders on the way to ${JSON.stringify(prefix)}`,
    order: 'by folder, newest folder first',
    estimate: estimateOf(context, folders, 'folder', 'folder_no', streamsPerItem),
  })
  return [{ source, condition: or(patterns.map((pattern) => compareText('fo.path', pattern))) }]
}

/**
 * What a file name must look like for the path to have the text where the folder alone has not. A Windows path
 * is cut at its last `\`, one from `/` on at its last `/`; the text may be of either.
 */
function namePatterns(run: string): TextPattern[] {
  const patterns: TextPattern[] = []
  for (const separator of ['\\', '/']) {
    const cut = run.lastIndexOf(separator)
    // Ending with the separator, the text lies in the folder.
    if (cut === run.length - 1) continue
    patterns.push(cut === -1 ? contains(run) : beginsWith(run.slice(cut + 1)))
  }
  const isSame = patterns.length === 2 && patterns[0]!.like === patterns[1]!.like
  return isSame ? patterns.slice(0, 1) : patterns
}

const escaped = (text: string): string => text.replace(/[*?\\]/g, '\\$&')
const contains = (text: string): TextPattern => readPattern(escaped(text), true)
const beginsWith = (text: string): TextPattern => readPattern(`${escaped(text)}*`, false)

function longest(runs: readonly string[]): string | undefined {
  return [...runs].sort((a, b) => b.length - a.length)[0]
}

export function listWords(list: NumberList): string {
  return list.isSizeExact ? String(list.size) : `${list.size} or more`
}

/** Of few numbers the items are counted, of many guessed. */
export function estimateOf(
  context: SearchContext,
  list: NumberList,
  table: 'folder' | 'file_name' | 'referrer',
  no: 'folder_no' | 'name_no' | 'referrer_no',
  streamsPerItem: number,
): number {
  if (list.isSizeExact && list.size <= 20) {
    const { numbers } = list.next(null, 20)
    return context.number(
      `SELECT ifnull(sum(live_count), 0) FROM (SELECT live_count FROM item
        WHERE ${no} IN (SELECT value FROM json_each(?)) LIMIT 2000)`,
      JSON.stringify(numbers),
    )
  }
  const rows = context.number(`SELECT max(${no}) FROM ${table}`)
  const items = context.number('SELECT max(item_no) FROM item')
  return Math.round((list.size / Math.max(1, rows)) * items * streamsPerItem)
}
