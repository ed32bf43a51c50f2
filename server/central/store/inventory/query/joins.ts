/** The tables that conditions speak of, joined where one of them does. */
import type { Sql } from './sql.ts'

/** In this order: a join may use what stands before it. */
const JOINS: readonly (readonly [alias: string, join: string])[] = [
  ['i', 'JOIN item AS i ON i.item_no = s.item_no'],
  ['ck', 'JOIN class_key AS ck ON ck.class_no = i.class_no'],
  ['fa', 'JOIN family AS fa ON fa.family_no = ck.family_no'],
  ['sn', 'JOIN stream_name AS sn ON sn.stream_name_no = fa.stream_name_no'],
  ['hs', 'JOIN host AS hs ON hs.host_no = ck.host_no'],
  ['fo', 'JOIN folder AS fo ON fo.folder_no = i.folder_no'],
  ['fn', 'JOIN file_name AS fn ON fn.name_no = i.name_no'],
  ['rf', 'LEFT JOIN referrer AS rf ON rf.referrer_no = i.referrer_no'],
  ['v', 'JOIN volume AS v ON v.volume_no = s.volume_no'],
]

/** What a join needs besides: a class is found through the item. */
const NEEDS: Record<string, readonly string[]> = {
  ck: ['i'],
  fa: ['ck', 'i'],
  sn: ['fa', 'ck', 'i'],
  hs: ['ck', 'i'],
  fo: ['i'],
  fn: ['i'],
  rf: ['i'],
}

/** `given`: aliases that the query has already. CROSS keeps SQLite from turning the order around. */
export function joinsFor(given: readonly string[], ...conditions: readonly Sql[]): string {
  const text = conditions.map((condition) => condition.sql).join(' ')
  const direct = JOINS.map(([alias]) => alias).filter((alias) =>
    new RegExp(`\\b${alias}\\.`).test(text),
  )
  const wanted = new Set(direct.flatMap((alias) => [alias, ...(NEEDS[alias] ?? [])]))
  return JOINS.filter(([alias]) => wanted.has(alias) && !given.includes(alias))
    .map(([, join]) => (join.startsWith('JOIN') ? `CROSS ${join}` : join))
    .join('\n')
}
