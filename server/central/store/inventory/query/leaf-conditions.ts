/**
 * One condition of a query as SQL over the rows that it speaks of. The aliases: fa family, sn stream_name,
 * hs host, ck class_key, i item, fo folder, fn file_name, rf referrer, s stream, v volume, m machine.
 */
import { type Query, QueryError, type TextField } from '../../../../streams/query/ast.ts'
import { FALSE, or, type Sql, sql, TRUE } from './sql.ts'
import { readPattern, type TextPattern } from './text-pattern.ts'

export type Leaf = Exclude<Query, { kind: 'all' | 'and' | 'or' | 'not' }>
export type TextLeaf = Extract<Leaf, { kind: 'text' }>

/** What a row is: all streams of a family, a host, a class (which is both), a machine, an item; or one stream. */
export type Level = 'family' | 'host' | 'class' | 'machine' | 'item' | 'stream'

/** First seen: the newest entry that is not after the stream. */
export const FIRST_SEEN_SQL = `(SELECT fs.seen_at FROM first_seen AS fs WHERE fs.first_stream_id <= s.stream_id
  ORDER BY fs.first_stream_id DESC LIMIT 1)`

/** Last seen: a stream that is not gone was also there at the last complete scan of its volume. */
export const LAST_SEEN_SQL = `CASE WHEN s.gone_at IS NULL
  THEN max(ifnull(s.seen_at, ${FIRST_SEEN_SQL}), ifnull(v.confirmed_at, 0))
  ELSE ifnull(s.seen_at, ${FIRST_SEEN_SQL}) END`

export const PATH_SQL = '(fo.path || fn.name)'
/** A folder ends with its separator, which is no part of its name. */
export const DIR_SQL = 'substr(fo.path, 1, length(fo.path) - 1)'

interface TextColumn {
  readonly level: Level
  readonly columns: readonly string[]
  readonly isContained: boolean
}

const whole = (level: Level, ...columns: string[]): TextColumn => ({
  level,
  columns,
  isContained: false,
})
const contained = (level: Level, ...columns: string[]): TextColumn => ({
  level,
  columns,
  isContained: true,
})

const TEXT_COLUMNS: Record<Exclude<TextField, 'content'>, TextColumn> = {
  any: contained('item', PATH_SQL, 'sn.name'),
  path: contained('item', PATH_SQL),
  dir: contained('item', DIR_SQL),
  name: whole('item', 'fn.name'),
  referrer: contained('item', 'rf.url'),
  sha256: whole('item', 'hex(i.sha256)'),
  ext: whole('family', 'fa.extension'),
  stream: whole('family', 'sn.name'),
  host: whole('host', 'hs.host'),
  writer: contained('family', 'fa.writer'),
  verdict: whole('family', 'fa.verdict'),
  rule: whole('family', 'fa.rule'),
  kind: whole('family', 'fa.kind'),
  machine: whole('machine', 'm.hostname', 'm.machine_id'),
  label: whole('machine', 'ml.label'),
  volume: whole('stream', 'v.volume_id'),
}

export function levelOf(leaf: Leaf): Level {
  switch (leaf.kind) {
    case 'text':
      return textColumn(leaf.field).level
    case 'number':
      return leaf.field === 'zone' ? 'family' : 'item'
    case 'machines':
      return 'machine'
    case 'zone-absent':
      return 'family'
    case 'time':
      return 'stream'
  }
}

/** Over rows of the leaf's own level. Whether it holds; NULL counts as no. */
export function exactCondition(leaf: Leaf): Sql {
  switch (leaf.kind) {
    case 'text':
      return textCondition(leaf.field, leaf.pattern)
    case 'number':
      return rangeCondition(leaf.field === 'zone' ? 'fa.zone' : 'i.size_bytes', leaf.min, leaf.max)
    case 'machines':
      return machinesCondition(leaf.machineNos)
    case 'zone-absent':
      return sql('fa.zone IS NULL')
    case 'time':
      return rangeCondition(timeSql(leaf.field), leaf.from, leaf.to)
  }
}

/** What the name of the stream says of a condition about path or name: certainly, or nothing. */
export function certainByName(leaf: Leaf): Sql {
  if (leaf.kind !== 'text' || leaf.field !== 'any') return FALSE
  return compareText('sn.name', readPattern(leaf.pattern, true))
}

/** On which machines a condition about streams can hold at all. */
export function possibleByMachine(leaf: Leaf): Sql {
  if (leaf.kind !== 'text' || leaf.field !== 'volume') return TRUE
  const { sql: text, params } = exactCondition(leaf)
  return sql(`m.machine_no IN (SELECT v.machine_no FROM volume AS v WHERE ${text})`, ...params)
}

export function patternOf(leaf: TextLeaf): TextPattern {
  return readPattern(leaf.pattern, textColumn(leaf.field).isContained)
}

function textColumn(field: TextField): TextColumn {
  if (field === 'content') {
    throw new QueryError('central keeps no content; ask the machines with a live query', 0, 0)
  }
  return TEXT_COLUMNS[field]
}

function textCondition(field: TextField, written: string): Sql {
  const { columns, isContained } = textColumn(field)
  const pattern = readPattern(written, isContained)
  if (field === 'sha256') return sha256Condition(pattern)
  const condition = or(columns.map((column) => compareText(column, pattern)))
  if (field !== 'label') return condition
  return sql(
    `m.machine_no IN (SELECT ml.machine_no FROM machine_label AS ml WHERE ${condition.sql})`,
    ...condition.params,
  )
}

export function compareText(column: string, pattern: TextPattern): Sql {
  // `=` where it can be: with the columns' NOCASE it finds its row through an index.
  if (pattern.literal !== null) return sql(`${column} = ? COLLATE NOCASE`, pattern.literal)
  return sql(`${column} LIKE ? ESCAPE '\\'`, pattern.like)
}

/** One parameter, however many they are: a list is looked up once for a statement. */
export function machinesCondition(machineNos: readonly number[]): Sql {
  if (machineNos.length === 0) return FALSE
  return sql('m.machine_no IN (SELECT value FROM json_each(?))', JSON.stringify(machineNos))
}

/** hex() makes an empty text of NULL. */
function sha256Condition(pattern: TextPattern): Sql {
  if (pattern.literal !== null) return sql('i.sha256 = unhex(?)', pattern.literal)
  return sql(`(i.sha256 IS NOT NULL AND hex(i.sha256) LIKE ? ESCAPE '\\')`, pattern.like)
}

function timeSql(field: 'first' | 'seen' | 'gone'): string {
  return { first: FIRST_SEEN_SQL, seen: `(${LAST_SEEN_SQL})`, gone: 's.gone_at' }[field]
}

function rangeCondition(column: string, min: number | null, max: number | null): Sql {
  if (min !== null && max !== null) return sql(`${column} BETWEEN ? AND ?`, min, max)
  if (min !== null) return sql(`${column} >= ?`, min)
  if (max !== null) return sql(`${column} <= ?`, max)
  return sql(`${column} IS NOT NULL`)
}
