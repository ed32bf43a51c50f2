/**
 * New rows of one table, gathered while a transaction runs and written many at a time. A statement costs as much to
 * begin and to end as a row costs to write; and rows of one table, one after the other, find its pages in the
 * processor's cache.
 */
import type { Database, Statement } from 'better-sqlite3'

/** Of one statement. More gains nothing, and what is left over is written one by one. */
const ROWS_AT_ONCE = 32

export class BulkInsert {
  readonly #insertOne: Statement<[unknown[]]>
  readonly #insertSome: Statement<[unknown[]]>
  readonly #width: number
  #values: unknown[] = []

  constructor(db: Database, table: string, columns: readonly string[]) {
    const row = `(${columns.map(() => '?').join()})`
    // OR FAIL: nothing need be kept to undo a statement alone, since what fails ends the transaction.
    const sql = `INSERT OR FAIL INTO ${table} (${columns.join()}) VALUES `
    this.#insertOne = db.prepare(sql + row)
    this.#insertSome = db.prepare(sql + Array(ROWS_AT_ONCE).fill(row).join())
    this.#width = columns.length
  }

  /** In the order of the columns. */
  add(...row: readonly unknown[]): void {
    this.#values.push(...row)
  }

  /** Before anything reads the rows, and before the transaction ends. */
  write(): void {
    if (this.#values.length === 0) return
    const values = this.#values
    this.#values = []
    let from = 0
    for (; values.length - from >= ROWS_AT_ONCE * this.#width; ) {
      const to = from + ROWS_AT_ONCE * this.#width
      this.#insertSome.run(values.slice(from, to))
      from = to
    }
    for (; from < values.length; from += this.#width) {
      this.#insertOne.run(values.slice(from, from + this.#width))
    }
  }

  /** After a rollback. */
  forget(): void {
    this.#values = []
  }
}
