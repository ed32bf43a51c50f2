/**
 * Texts ↔ numbers: every text of a report is stored once and known by its number. What was used lately is known
 * without asking the database; and as long as that is all there ever was, so is what is not there.
 *
 * A dictionary may hold a text twice (where very many differ in case only, the older one is not looked for to
 * the end): whoever compares numbers finds two items then, and nothing is wrong but a little space.
 */
import { hash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { searchForm } from '../../../streams/query/search-form.ts'
import { toUtf16 } from '../utf16.ts'
import { BulkInsert } from './bulk-insert.ts'
import { RecentMap } from './recent-map.ts'
import { createTrigrams, type Trigrams } from './trigrams.ts'

export interface Texts {
  intern(text: string): number
  /** How many were not there. */
  added(): number
  /** New texts, before their rows are read. */
  write(): void
  /** Last in a transaction; see trigrams.ts. */
  flush(): void
  /** After a rollback: what was learnt in it is not there. */
  forget(): void
}

export type TextRow = { no: number }

/** Characters of texts, of each dictionary: about 100 MB for all together at most. */
export const CACHED_UNITS = 6_000_000
/** Texts that differ in case only, among which an exact one is looked for. */
const MAX_VARIANTS = 64

interface Dictionary {
  db: Database
  table: string
  numberColumn: string
  rows: BulkInsert
  find(text: string): TextRow | undefined
  /** Without its number. */
  columnsOf(text: string): unknown[]
  trigrams?: Trigrams
}

/** Texts with an index that disregards case, and their trigrams. */
export function searchedTexts(
  db: Database,
  table: string,
  numberColumn: string,
  column: string,
): Texts {
  const find = db.prepare<[string, string, Buffer | null], TextRow>(`
    SELECT no FROM (
      SELECT ${numberColumn} AS no, ${column} AS text, utf16 FROM ${table}
      WHERE ${column} = ? LIMIT ${MAX_VARIANTS})
    WHERE text = ? COLLATE BINARY AND utf16 IS ?
  `)
  return cachedTexts({
    db,
    table,
    numberColumn,
    rows: new BulkInsert(db, table, [numberColumn, column, 'utf16']),
    trigrams: createTrigrams(db, table, numberColumn, column),
    find: (text) => {
      const [form, utf16] = formsOf(text)
      return find.get(form, form, utf16)
    },
    columnsOf: formsOf,
  })
}

export function referrerTexts(db: Database): Texts {
  const find = db.prepare<[number, string, Buffer | null], TextRow>(`
    SELECT referrer_no AS no FROM referrer
    WHERE hash = ? AND url = ? COLLATE BINARY AND utf16 IS ? LIMIT 1
  `)
  return cachedTexts({
    db,
    table: 'referrer',
    numberColumn: 'referrer_no',
    rows: new BulkInsert(db, 'referrer', ['referrer_no', 'hash', 'url', 'utf16']),
    trigrams: createTrigrams(db, 'referrer', 'referrer_no', 'url'),
    find: (text) => find.get(hash32(text), ...formsOf(text)),
    columnsOf: (text) => [hash32(text), ...formsOf(text)],
  })
}

export function hostUrlTexts(db: Database): Texts {
  const find = db.prepare<[number, string | Buffer], TextRow>(
    'SELECT host_url_no AS no FROM host_url WHERE hash = ? AND url = ? LIMIT 1',
  )
  const stored = (text: string): string | Buffer => {
    const [form, utf16] = formsOf(text)
    return utf16 ?? form
  }
  return cachedTexts({
    db,
    table: 'host_url',
    numberColumn: 'host_url_no',
    rows: new BulkInsert(db, 'host_url', ['host_url_no', 'hash', 'url']),
    find: (text) => find.get(hash32(text), stored(text)),
    columnsOf: (text) => [hash32(text), stored(text)],
  })
}

function cachedTexts(of: Dictionary): Texts {
  const { db, table, numberColumn, rows, find, columnsOf, trigrams } = of
  const selectNext = db.prepare<[], TextRow>(
    `SELECT ifnull(max(${numberColumn}), 0) + 1 AS no FROM ${table}`,
  )
  const cache = new RecentMap<number>(CACHED_UNITS)
  let isAllCached = false
  let first = 0
  let next = 0
  let writtenAtTurn = 0
  let added = 0

  const load = (): void => {
    isAllCached = isEmpty(db, table)
    next = selectNext.get()!.no
    first = next
  }
  load()

  const write = (): void => {
    rows.write()
    writtenAtTurn = cache.turns
  }
  const findStored = (text: string): number | undefined => {
    if (isAllCached && !cache.hasLost) return undefined
    // What is not written yet is still known, but after a turn.
    if (cache.turns !== writtenAtTurn) write()
    return find(text)?.no
  }

  return {
    intern: (text) => {
      const cached = cache.get(text)
      if (cached !== undefined) return cached
      let no = findStored(text)
      if (no === undefined) {
        no = next
        next += 1
        added += 1
        rows.add(no, ...columnsOf(text))
      }
      cache.set(text, no)
      return no
    },
    added: () => added,
    write,
    flush: () => {
      write()
      if (next > first) trigrams?.addFrom(first)
      first = next
    },
    forget: () => {
      cache.clear()
      rows.forget()
      load()
    },
  }
}

export function isEmpty(db: Database, table: string): boolean {
  return db.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() === undefined
}

/** The searched form, and the exact one where that is another. */
function formsOf(text: string): [form: string, utf16: Buffer | null] {
  const form = searchForm(text)
  return [form, form === text ? null : toUtf16(text)]
}

/** Of the exact text: unpaired surrogates count, so not of its UTF-8. */
export function hash32(text: string): number {
  const bytes = text.isWellFormed() ? text : toUtf16(text)
  return Number.parseInt(hash('sha256', bytes, 'hex').slice(0, 8), 16) | 0
}
