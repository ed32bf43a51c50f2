import type Database from 'better-sqlite3'

/** A call for each row would cost more than the row; beyond this, more of them in one save nothing. */
const ROWS_AT_ONCE = 50

type Statement = Database.Statement<Value[]>
type Value = number | bigint | string | Uint8Array | null

/**
 * Inserts rows, given as their columns' values. `into`: the table with its columns in parentheses. Nothing is prepared before
 * the first rows come: most agents wait for them all day, and a statement of many rows takes memory.
 */
export function prepareInsert(
  db: Database.Database,
  into: string,
): (rows: readonly (readonly Value[])[]) => void {
  const columns = into.split(',').length
  const row = `(${new Array(columns).fill('?').join(', ')})`
  const ofRows = (count: number) =>
    db.prepare<Value[]>(`INSERT INTO ${into} VALUES ${new Array(count).fill(row).join(', ')}`)
  let prepared: { many: Statement; one: Statement } | null = null
  return (rows) => {
    prepared ??= { many: ofRows(ROWS_AT_ONCE), one: ofRows(1) }
    const { many, one } = prepared
    const whole = rows.length - (rows.length % ROWS_AT_ONCE)
    for (let at = 0; at < whole; at += ROWS_AT_ONCE) {
      many.run(...rows.slice(at, at + ROWS_AT_ONCE).flat())
    }
    for (const values of rows.slice(whole)) one.run(...values)
  }
}
