/**
 * Query → SQL condition over {@link SEARCH_FROM_SQL}. What the user wrote only ever
 * becomes a bound parameter; the SQL text is made of the constants of this file.
 */
import { type Query, QueryError, type TextField } from '../../../../streams/query/ast.ts'
import { searchForm } from '../../../../streams/query/search-form.ts'

export interface Condition {
  sql: string
  params: (string | number)[]
}

/** What conditions are about. */
export const SEARCH_FROM_SQL = `
  FROM stream AS s
  JOIN volume AS v ON v.volume_no = s.volume_no
  JOIN machine AS m ON m.machine_no = v.machine_no
  JOIN item AS i ON i.item_no = s.item_no
  JOIN class AS c ON c.class_no = i.class_no
  JOIN stream_name AS sn ON sn.stream_name_no = c.stream_name_no
  JOIN folder AS f ON f.folder_no = i.folder_no
  JOIN file_name AS n ON n.name_no = i.name_no
  LEFT JOIN host_url AS h ON h.host_url_no = i.host_url_no
  LEFT JOIN referrer AS r ON r.referrer_no = i.referrer_no`

export const FIRST_SEEN_SQL = `(
  SELECT fs.seen_at FROM first_seen AS fs WHERE fs.first_stream_id <= s.stream_id
  ORDER BY fs.first_stream_id DESC LIMIT 1)`

/** Last seen: a stream that is not gone was also there at the last complete scan of its volume. */
export const LAST_SEEN_SQL = `max(
  ifnull(s.seen_at, ${FIRST_SEEN_SQL}),
  CASE WHEN s.gone_at IS NULL THEN ifnull(v.confirmed_at, 0) ELSE 0 END)`

const PATH_SQL = '(f.path || n.name)'

/** The path up to, not including, the separator before the file name. */
const FOLDER_SQL = 'substr(f.path, 1, length(f.path) - 1)'

/** SQLite nests an AND chain one level per item and refuses at 1,000. */
const MAX_CONDITIONS = 400

const TEXT_FIELDS: Record<TextField, { columns: readonly string[]; isContained: boolean }> = {
  any: { columns: [PATH_SQL, 'sn.name'], isContained: true },
  machine: { columns: ['m.hostname', 'm.machine_id'], isContained: false },
  path: { columns: [PATH_SQL], isContained: true },
  dir: { columns: [FOLDER_SQL], isContained: true },
  name: { columns: ['n.name'], isContained: false },
  ext: { columns: ['c.extension'], isContained: false },
  stream: { columns: ['sn.name'], isContained: false },
  host: { columns: ['c.host'], isContained: false },
  referrer: { columns: ['r.url'], isContained: true },
  writer: { columns: ['c.writer'], isContained: true },
  verdict: { columns: ['c.verdict'], isContained: false },
  rule: { columns: ['c.rule'], isContained: false },
  sha256: { columns: ['hex(i.sha256)'], isContained: false },
  kind: { columns: ['c.kind'], isContained: false },
  volume: { columns: ['v.volume_id'], isContained: false },
}

const NUMBER_COLUMNS = { zone: 'c.zone', size: 'i.size_bytes' } as const
const TIME_COLUMNS = { first: FIRST_SEEN_SQL, seen: LAST_SEEN_SQL, gone: 's.gone_at' } as const

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
      return { sql: 'c.zone IS NULL', params: [] }
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
  return { sql: `m.machine_no IN (SELECT m.machine_no FROM machine AS m WHERE ${sql})`, params }
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
