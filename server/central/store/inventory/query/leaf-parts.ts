/** The way by one condition, where an index leads from it to items or streams. */
import { firstSeenRange } from './first-seen-range.ts'
import {
  BY_FOLDER,
  BY_NAME,
  BY_REFERRER,
  itemsOfHash,
  itemsOfList,
  itemsOfSize,
} from './item-sources.ts'
import { type Leaf, patternOf, type TextLeaf } from './leaf-conditions.ts'
import { FOLDERS, findInDictionary, NAMES, REFERRERS } from './number-lists.ts'
import { estimateOf, listWords, type Part, pathParts } from './path-sources.ts'
import type { Fleet } from './plan.ts'
import type { SearchContext } from './search-context.ts'
import { TRUE } from './sql.ts'
import { classNames } from './stream-name-source.ts'
import { streamsOfRange, streamsThatWent } from './stream-sources.ts'
import { readPattern } from './text-pattern.ts'

/** Rows up to which a range is counted for an estimate. */
const COUNT_LIMIT = 5_000

export function leafParts(context: SearchContext, leaf: Leaf, fleet: Fleet): Part[] | null {
  if (leaf.kind === 'text') return textParts(context, leaf, fleet)
  if (leaf.kind === 'number' && leaf.field === 'size') {
    const { min, max } = leaf
    const counted = context.number(
      `SELECT count(*) FROM (SELECT 1 FROM item INDEXED BY item_by_size
        WHERE size_bytes BETWEEN ? AND ? LIMIT ${COUNT_LIMIT})`,
      min ?? 0,
      max ?? Number.MAX_SAFE_INTEGER,
    )
    const estimate = counted === COUNT_LIMIT ? fleet.streams / 2 : counted * fleet.streamsPerItem
    const described = { driver: 'items of that size', order: 'largest first', estimate }
    return alone(itemsOfSize(context, { min, max }, described))
  }
  if (leaf.kind !== 'time') return null
  if (leaf.field === 'gone') {
    const { from, to } = leaf
    const estimate = context.number(
      `SELECT count(*) FROM (SELECT 1 FROM stream INDEXED BY stream_by_gone
        WHERE gone_at IS NOT NULL AND gone_at BETWEEN ? AND ? LIMIT ${COUNT_LIMIT})`,
      from ?? 0,
      to ?? Number.MAX_SAFE_INTEGER,
    )
    const described = { driver: 'streams that went then', order: 'latest gone first', estimate }
    return alone(streamsThatWent(context, { from, to }, described))
  }
  return leaf.field === 'first' ? firstSeenParts(context, leaf) : null
}

function textParts(context: SearchContext, leaf: TextLeaf, fleet: Fleet): Part[] | null {
  const pattern = patternOf(leaf)
  switch (leaf.field) {
    case 'any': {
      const inPaths = pathParts(context, leaf, fleet.streamsPerItem)
      if (inPaths === null) return null
      return [classNames(context, pattern), ...inPaths]
    }
    case 'path':
      return pathParts(context, leaf, fleet.streamsPerItem)
    case 'name': {
      const names = findInDictionary(context, NAMES, [pattern])
      if (names === null) return null
      const estimate = estimateOf(context, names, 'file_name', 'name_no', fleet.streamsPerItem)
      const driver = `${listWords(names)} file names`
      const order = 'by file name, newest name first'
      return alone(itemsOfList(context, BY_NAME, names, { driver, order, estimate }))
    }
    case 'dir': {
      // A pattern for the whole folder does not know of the separator at its end.
      const inside = pattern.runs.map((run) => run.replace(/[*?\\]/g, '\\$&'))
      const longest = inside.sort((a, b) => b.length - a.length)[0]
      if (longest === undefined) return null
      const folders = findInDictionary(context, FOLDERS, [readPattern(longest, true)])
      if (folders === null) return null
      const estimate = estimateOf(context, folders, 'folder', 'folder_no', fleet.streamsPerItem)
      const driver = `${listWords(folders)} folders`
      const order = 'by folder, newest folder first'
      return alone(itemsOfList(context, BY_FOLDER, folders, { driver, order, estimate }))
    }
    case 'referrer': {
      const urls = findInDictionary(context, REFERRERS, [pattern])
      if (urls === null) return null
      const estimate = estimateOf(context, urls, 'referrer', 'referrer_no', fleet.streamsPerItem)
      const driver = `${listWords(urls)} referrers`
      const order = 'by referrer, newest first'
      return alone(itemsOfList(context, BY_REFERRER, urls, { driver, order, estimate }))
    }
    case 'sha256': {
      const prefix = pattern.prefix
      if (!/^[0-9a-f]{4,64}$/i.test(prefix)) return null
      const estimate = (fleet.streams / 16 ** Math.min(8, prefix.length)) * 2
      const described = { driver: 'the hash', order: 'by hash, newest item first', estimate }
      return alone(itemsOfHash(context, prefix, described))
    }
    default:
      return null
  }
}

function firstSeenParts(context: SearchContext, leaf: Extract<Leaf, { kind: 'time' }>): Part[] {
  const { from, to } = firstSeenRange(context, leaf)
  const estimate = Math.max(0, to - from + 1)
  const described = { driver: 'streams that came then', order: 'newest first', estimate }
  return alone(streamsOfRange(context, { from, to }, described))
}

function alone(source: Part['source']): Part[] {
  return [{ source, condition: TRUE }]
}
