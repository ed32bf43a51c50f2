/**
 * Query → SQL condition over `stream AS s`, `machine AS m` and `volume AS v`. What the user wrote only ever
 * becomes a bound parameter; the SQL text is made of the constants of this file.
 */
import { type Query, QueryError, type TextField } from '../../streams/query/ast.ts'
import { searchForm } from '../../streams/query/search-form.ts'

export interface Condition {
  sql: string
  params: (string | number)[]
}

/** Last seen: a stream that is not gone was also there at the last complete scan of its volume. */
export const LAST_SEEN_SQL =
  'CASE WHEN s.gone_at IS NULL THEN max(s.last_seen_at, ifnull(v.confirmed_at, 0)) ELSE s.last_seen_at END'

/** The path up to, not including, the separator before the file name. */
const FOLDER_SQL = 'substr(s.path, 1, length(s.path) - length(s.file_name) - 1)'

/** SQLite nests an AND chain one level per item and refuses at 1,000. */
const MAX_CONDITIONS = 400

const TEXT_FIELDS: Record<TextField, { columns: readonly string[]; isContained: boolean }> = {
  any: { columns: ['s.path', 's.stream_name'], isContained: true },
  machine: { columns: ['m.hostname', 'm.machine_id'], isContained: false },
  path: { columns: ['s.path'], isContained: true },
  dir: { columns: [FOLDER_SQL], isContained: true },
  name: { columns: ['s.file_name'], isContained: false },
  ext: { columns: ['s.extension'], isContained: false },
  stream: { columns: ['s.stream_name'], isContained: false },
  host: { columns: ['s.host'], isContained: false },
  referrer: { columns: ['s.referrer'], isContained: true },
  writer: { columns: ['s.writer'], isContained: true },
  verdict: { columns: ['s.verdict'], isContained: false },
  rule: { columns: ['s.rule'], isContained: false },
  sha256: { columns: ['s.sha256'], isContained: false },
  kind: { columns: ['s.kind'], isContained: false },
  volume: { columns: ['s.volume_id'], isContained: false },
}

const NUMBER_COLUMNS = { zone: 's.zone', size: 's.size_bytes' } as const
const TIME_COLUMNS = { first: 's.first_seen_at', seen: LAST_SEEN_SQL, gone: 's.gone_at' } as const

export function compileQuery(query: Query): Condition {
  if (countNodes(query) > MAX_CONDITIONS) {
    throw new QueryError(`a query may have at most ${MAX_CONDITIONS} conditions`, 0, 0)
  }
  return compile(query)
}

/** Whether a query asks about gone streams by itself, so that hiding them would make it answer nothing. */
export function asksForGone(query: Query): boolean {
  if (query.kind === 'and' || query.kind === 'or') return query.items.some(asksForGone)
  if (query.kind === 'not') return asksForGone(query.item)
  return query.kind === 'time' && query.field === 'gone'
}

function compile(query: Query): Condition {
  switch (query.kind) {
    case 'all':
      return { sql: '1', params: [] }
    case 'and':
      return join(query.items, ' AND ', '1')
    case 'or':
      return join(query.items, ' OR ', '0')
    case 'not': {
      const inner = compile(query.item)
      // A comparison with NULL is NULL, and so is its NOT: "not from that host" would lose every stream
      // that has no host at all.
      return { sql: `NOT ifnull(${inner.sql}, 0)`, params: inner.params }
    }
    case 'text':
      return compileText(query.field, query.pattern)
    case 'number':
      return compileRange(NUMBER_COLUMNS[query.field], query.min, query.max)
    case 'zone-absent':
      return { sql: 's.zone IS NULL', params: [] }
    case 'time':
      return compileRange(TIME_COLUMNS[query.field], query.from, query.to)
  }
}

function join(items: readonly Query[], operator: string, empty: string): Condition {
  if (items.length === 0) return { sql: empty, params: [] }
  const parts = items.map(compile)
  return {
    sql: `(${parts.map((part) => part.sql).join(operator)})`,
    params: parts.flatMap((part) => part.params),
  }
}

function compileRange(column: string, min: number | null, max: number | null): Condition {
  if (min !== null && min === max) return { sql: `(${column} = ?)`, params: [min] }
  const parts: string[] = []
  const params: number[] = []
  if (min !== null) {
    parts.push(`${column} >= ?`)
    params.push(min)
  }
  if (max !== null) {
    parts.push(`${column} <= ?`)
    params.push(max)
  }
  if (parts.length === 0) return { sql: `(${column} IS NOT NULL)`, params }
  return { sql: `(${parts.join(' AND ')})`, params }
}

function compileText(field: TextField, pattern: string): Condition {
  const { columns, isContained } = TEXT_FIELDS[field]
  const { like, literal } = toLike(searchForm(pattern))
  // `=` where it can be: with the columns' NOCASE it finds its row through an index.
  const isEqual = literal !== null && !isContained
  const operand = isEqual ? literal : literal === null ? like : `%${like}%`
  const parts = columns.map((column) =>
    isEqual ? `${column} = ? COLLATE NOCASE` : `${column} LIKE ? ESCAPE '\\'`,
  )
  const sql = `(${parts.join(' OR ')})`
  const params = columns.map(() => operand)
  // Machines are few: found first, they lead to their streams through an index.
  if (field !== 'machine') return { sql, params }
  return { sql: `s.machine_no IN (SELECT m.machine_no FROM machine AS m WHERE ${sql})`, params }
}

/** A glob as a LIKE pattern, and as plain text where it has no wildcard. */
function toLike(pattern: string): { like: string; literal: string | null } {
  let like = ''
  let literal = ''
  let hasWildcard = false
  for (let index = 0; index < pattern.length; index += 1) {
    let unit = pattern[index] as string
    if (unit === '*' || unit === '?') {
      hasWildcard = true
      like += unit === '*' ? '%' : '_'
      continue
    }
    if (unit === '\\' && index + 1 < pattern.length) {
      index += 1
      unit = pattern[index] as string
    }
    literal += unit
    like += unit === '%' || unit === '_' || unit === '\\' ? `\\${unit}` : unit
  }
  return { like, literal: hasWildcard ? null : literal }
}

function countNodes(query: Query): number {
  if (query.kind === 'and' || query.kind === 'or') {
    return 1 + query.items.reduce((sum, item) => sum + countNodes(item), 0)
  }
  return query.kind === 'not' ? 1 + countNodes(query.item) : 1
}
