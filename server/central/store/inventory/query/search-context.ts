/** What every reading shares: statements that were prepared already, and sets of volumes that SQL can ask. */

import type { Statement } from 'better-sqlite3'
import { LRUCache } from 'lru-cache'
import type { Query } from '../../../../streams/query/ast.ts'
import type { ReaderContext } from '../reader-context.ts'
import { type Bounds, boundsOf, type StreamCondition } from './bounds.ts'
import { firstSeenRange } from './first-seen-range.ts'
import { exactCondition, type Leaf, type Level, levelOf } from './leaf-conditions.ts'
import { FALSE, type Sql, sql } from './sql.ts'

export type Row = (string | number | null)[]

export interface SearchContext extends ReaderContext {
  /** Rows as arrays. The same text gives the same statement: do not iterate one twice at a time. */
  prepare(text: string): Statement<unknown[], Row>
  all(text: string, ...params: readonly unknown[]): Row[]
  /** One number. */
  number(text: string, ...params: readonly unknown[]): number
  bounds(query: Query, level: Level): Bounds
  /** Forgets what one request asked for. */
  forget(): void
}

const MAX_STATEMENTS = 300

export function createSearchContext(context: ReaderContext): SearchContext {
  const { db } = context
  const statements = new LRUCache<string, Statement<unknown[], Row>>({ max: MAX_STATEMENTS })
  let sets: Uint8Array[] = []
  /** By what was asked: a plan asks for the same again and again. */
  let bounded = new Map<Level, Map<Query, Bounds>>()
  // A fleet's machines are a list that SQLite would make anew for every item.
  db.function('in_set', { directOnly: true }, (set, no) => sets[set as number]?.[no as number] ?? 0)

  const prepare = (text: string): Statement<unknown[], Row> => {
    let statement = statements.get(text)
    if (statement === undefined) {
      statement = db.prepare<unknown[], Row>(text).raw()
      statements.set(text, statement)
    }
    return statement
  }
  const all = (text: string, ...params: readonly unknown[]) => prepare(text).all(...params)

  const ofStream: StreamCondition = (leaf) => {
    if (leaf.kind === 'time' && leaf.field === 'first') {
      const range = firstSeenRange(searchContext, leaf)
      if (range.isExact) return sql('s.stream_id BETWEEN ? AND ?', range.from, range.to)
    }
    const isOfVolume =
      levelOf(leaf) === 'machine' || (leaf.kind === 'text' && leaf.field === 'volume')
    return isOfVolume ? ofVolumes(leaf) : exactCondition(leaf)
  }
  const ofVolumes = (leaf: Leaf): Sql => {
    const volumes = volumesOf(leaf)
    if (volumes.length === 0) return FALSE
    const set = new Uint8Array(volumes.reduce((most, no) => Math.max(most, no), 0) + 1)
    for (const no of volumes) set[no] = 1
    sets.push(set)
    return sql('in_set(?, s.volume_no)', sets.length - 1)
  }
  const volumesOf = (leaf: Leaf): number[] => {
    const { sql: where, params } = exactCondition(leaf)
    return all(
      `SELECT v.volume_no FROM volume AS v JOIN machine AS m ON m.machine_no = v.machine_no WHERE ${where}`,
      ...params,
    ).map((row) => row[0] as number)
  }

  const searchContext: SearchContext = {
    ...context,
    prepare,
    all,
    number: (text, ...params) => Number(prepare(text).get(...params)?.[0] ?? 0),
    bounds: (query, level) => {
      const ofLevel = bounded.get(level) ?? new Map<Query, Bounds>()
      bounded.set(level, ofLevel)
      const bounds = ofLevel.get(query) ?? boundsOf(query, level, ofStream)
      ofLevel.set(query, bounds)
      return bounds
    },
    forget: () => {
      sets = []
      bounded = new Map()
    },
  }
  return searchContext
}

export function where(...conditions: readonly Sql[]): string {
  return conditions.map((condition) => condition.sql).join(' AND ')
}

export function paramsOf(...conditions: readonly Sql[]): (string | number)[] {
  return conditions.flatMap((condition) => condition.params)
}
