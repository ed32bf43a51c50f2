/**
 * What can be said of a query at a level that does not know everything: of a class of streams, a machine, an item.
 * `possible`: without it no stream of the row matches. `certain`: with it every stream of the row does.
 * Where they are the same condition, the row alone decides.
 */
import type { Query } from '../../../../streams/query/ast.ts'
import {
  certainByName,
  exactCondition,
  type Leaf,
  type Level,
  levelOf,
  possibleByMachine,
} from './leaf-conditions.ts'
import { and, FALSE, not, or, type Sql, TRUE } from './sql.ts'

export interface Bounds {
  readonly possible: Sql
  readonly certain: Sql
}

const exactly = (condition: Sql): Bounds => ({ possible: condition, certain: condition })
const ANYTHING: Bounds = { possible: TRUE, certain: FALSE }

/**
 * A condition on one stream, where it can be said more cheaply than in general: which volumes a machine has, and
 * which streams came at a time, is known beforehand.
 */
export type StreamCondition = (leaf: Leaf) => Sql

export function boundsOf(query: Query, level: Level, ofStream: StreamCondition): Bounds {
  switch (query.kind) {
    case 'all':
      return exactly(TRUE)
    case 'and':
    case 'or': {
      const join = query.kind === 'and' ? and : or
      const items = query.items.map((item) => boundsOf(item, level, ofStream))
      const possible = join(items.map((item) => item.possible))
      const isExact = items.every((item) => item.possible === item.certain)
      return isExact ? exactly(possible) : { possible, certain: join(items.map((i) => i.certain)) }
    }
    case 'not': {
      const item = boundsOf(query.item, level, ofStream)
      if (item.possible === item.certain) return exactly(not(item.possible))
      return { possible: not(item.certain), certain: not(item.possible) }
    }
    default:
      return leafBounds(query, level, ofStream)
  }
}

/** Whether rows of `level` show what a condition of level `leafLevel` asks about. */
const KNOWS: Record<Level, readonly Level[]> = {
  family: ['family'],
  host: ['host'],
  class: ['family', 'host'],
  machine: ['machine'],
  item: ['family', 'host', 'item'],
  stream: ['family', 'host', 'item', 'machine', 'stream'],
}

function leafBounds(leaf: Leaf, level: Level, ofStream: StreamCondition): Bounds {
  const leafLevel = levelOf(leaf)
  if (KNOWS[level].includes(leafLevel)) {
    return exactly(level === 'stream' ? ofStream(leaf) : exactCondition(leaf))
  }
  if (level === 'family' || level === 'class')
    return { possible: TRUE, certain: certainByName(leaf) }
  if (level === 'machine') return { possible: possibleByMachine(leaf), certain: FALSE }
  return ANYTHING
}

/** Whether one row of this level decides. */
export function decides({ possible, certain }: Bounds): boolean {
  return possible === certain
}
