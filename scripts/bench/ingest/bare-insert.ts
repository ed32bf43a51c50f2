/**
 * What SQLite itself needs for the rows of an inventory: all of them read first, then inserted into an empty file
 * of the same schema, with the same pragmas, by prepared statements in large transactions. Texts go into the full-text
 * tables as into all others. Triggers, whose rows are among those inserted, are left out on this side only.
 */
import Database from 'better-sqlite3'

/** As many as central's writer puts into one. */
const ROWS_PER_TRANSACTION = 40_000
const PRAGMAS = [
  'journal_mode = WAL',
  'synchronous = FULL',
  'cache_size = -262144',
  'foreign_keys = OFF',
  'wal_autocheckpoint = 16384',
]

/** Columns of ANY: numbers come as REAL from JavaScript, and would stay so. */
const OF_ANY = new Set(['identity', 'modified_at'])
/** Columns that full-text tables repeat. */
const TEXTS = new Set(['path', 'name', 'url'])

interface SchemaRow {
  readonly type: string
  readonly name: string
  readonly tbl_name: string
  readonly sql: string | null
}

export interface BareInsert {
  readonly streams: number
  readonly rows: number
  readonly seconds: number
}

export function insertSameRows(from: string, to: string): BareInsert {
  const source = new Database(from, { readonly: true })
  const schema = source
    .prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema')
    .all() as SchemaRow[]
  const virtual = schema
    .filter(({ sql }) => sql?.startsWith('CREATE VIRTUAL'))
    .map(({ name }) => name)
  const isPlain = ({ tbl_name }: SchemaRow): boolean =>
    !tbl_name.startsWith('sqlite_') && !virtual.some((name) => tbl_name.startsWith(name))
  const fullText = schema.filter(({ name }) => virtual.includes(name))
  const plain = schema.filter(isPlain)
  const tables = plain.filter(({ type }) => type === 'table').map(({ name }) => name)
  const contents = tables.map((name) => ({
    name,
    rows: source.prepare(`SELECT * FROM ${name}`).raw().all() as unknown[][],
    columns: source
      .prepare(`SELECT * FROM ${name}`)
      .columns()
      .map(({ name }) => name),
  }))
  source.close()

  const db = new Database(to)
  for (const pragma of PRAGMAS) db.pragma(pragma)
  for (const { sql, type } of plain) if (sql !== null && type !== 'trigger') db.exec(sql)
  for (const { sql } of fullText) db.exec(sql!)
  const startedMs = performance.now()
  for (const content of contents) insertAll(db, content, virtual)
  const seconds = (performance.now() - startedMs) / 1_000
  db.close()
  const count = contents.reduce((sum, { rows }) => sum + rows.length, 0)
  const streams = contents.find(({ name }) => name === 'stream')!.rows.length
  return { streams, rows: count, seconds }
}

interface Content {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: readonly unknown[][]
}

function insertAll(
  db: Database.Database,
  { name, columns, rows }: Content,
  virtual: string[],
): void {
  if (rows.length === 0) return
  const values = columns.map((column) => (OF_ANY.has(column) ? 'CAST(? AS INTEGER)' : '?'))
  const insert = db.prepare<unknown[]>(`INSERT INTO ${name} VALUES (${values.join()})`)
  const textColumn = virtual.includes(`${name}_text`)
    ? columns.findIndex((each) => TEXTS.has(each))
    : -1
  const insertText =
    textColumn < 0
      ? null
      : db.prepare<unknown[]>(
          `INSERT INTO ${name}_text (rowid, ${columns[textColumn]}) VALUES (?, ?)`,
        )
  const insertSome = db.transaction((some: readonly unknown[][]) => {
    for (const row of some) {
      insert.run(row)
      insertText?.run(row[0], row[textColumn])
    }
  })
  for (let from = 0; from < rows.length; from += ROWS_PER_TRANSACTION) {
    insertSome.immediate(rows.slice(from, from + ROWS_PER_TRANSACTION))
  }
}
