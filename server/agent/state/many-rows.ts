import type Database from 'better-sqlite3'

/** A call for each row would cost more than the row; beyond this, more of them in one save nothing. */
const ROWS_AT_ONCE = 50

type Statement = Database.Statement<[readonly Value[]]>
type Value = number | bigint | string | Uint8Array | null

/**
 * Inserts rows, given as the values of their columns, one row after another. `into`: the table with its columns in
 * parentheses. Nothing is prepared before the first rows come: most agents wait for them all day, and a statement of many rows
 * takes memory.
 */
export function prepareInsert(
  db: Database.Database,
  into: string,
): (values: readonly Value[]) => void {
  const columns = into.split(',').length
  const row = `(${new Array(columns).fill('?').join(', ')})`
  const ofRows = (count: number) =>
    db.prepare<[readonly Value[]]>(
      `INSERT INTO ${into} VALUES ${new Array(count).fill(row).join(', ')}`,
    )
  let prepared: { many: Statement; one: Statement } | null = null
  return (values) => {
    prepared ??= { many: ofRows(ROWS_AT_ONCE), one: ofRows(1) }
    const most = ROWS_AT_ONCE * columns
    const whole = values.length - (values.length % most)
    for (let at = 0; at < whole; at += most) prepared.many.run(values.slice(at, at + most))
    for (let at = whole; at < values.length; at += columns) {
      prepared.one.run(values.slice(at, at + columns))
    }
  }
}
