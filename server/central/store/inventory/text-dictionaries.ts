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
import { RecentMap } from './recent-map.ts'
import { createTrigrams, type Trigrams } from './trigrams.ts'

export interface Texts {
  intern(text: string): number
  /** How many were not there. */
  added(): number
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

interface Lookup {
  db: Database
  table: string
  /** Both get the exact text. */
  find(text: string): TextRow | undefined
  add(text: string): number
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
  const insert = db.prepare(`INSERT INTO ${table} (${column}, utf16) VALUES (?, ?)`)
  const trigrams = createTrigrams(db, `${table}_text`, column)
  return cachedTexts({
    db,
    table,
    trigrams,
    find: (text) => {
      const { form, utf16 } = formsOf(text)
      return find.get(form, form, utf16)
    },
    add: (text) => {
      const { form, utf16 } = formsOf(text)
      const no = Number(insert.run(form, utf16).lastInsertRowid)
      trigrams.add(no, form)
      return no
    },
  })
}

export function referrerTexts(db: Database): Texts {
  const find = db.prepare<[number, string, Buffer | null], TextRow>(`
    SELECT referrer_no AS no FROM referrer
    WHERE hash = ? AND url = ? COLLATE BINARY AND utf16 IS ? LIMIT 1
  `)
  const insert = db.prepare('INSERT INTO referrer (hash, url, utf16) VALUES (?, ?, ?)')
  const trigrams = createTrigrams(db, 'referrer_text', 'url')
  return cachedTexts({
    db,
    table: 'referrer',
    trigrams,
    find: (text) => {
      const { form, utf16 } = formsOf(text)
      return find.get(hash32(text), form, utf16)
    },
    add: (text) => {
      const { form, utf16 } = formsOf(text)
      const no = Number(insert.run(hash32(text), form, utf16).lastInsertRowid)
      trigrams.add(no, form)
      return no
    },
  })
}

export function hostUrlTexts(db: Database): Texts {
  const find = db.prepare<[number, string | Buffer], TextRow>(
    'SELECT host_url_no AS no FROM host_url WHERE hash = ? AND url = ? LIMIT 1',
  )
  const insert = db.prepare('INSERT INTO host_url (hash, url) VALUES (?, ?)')
  const stored = (text: string): string | Buffer => {
    const { form, utf16 } = formsOf(text)
    return utf16 ?? form
  }
  return cachedTexts({
    db,
    table: 'host_url',
    find: (text) => find.get(hash32(text), stored(text)),
    add: (text) => Number(insert.run(hash32(text), stored(text)).lastInsertRowid),
  })
}

function cachedTexts({ db, table, find, add, trigrams }: Lookup): Texts {
  const cache = new RecentMap<number>(CACHED_UNITS)
  let isAllCached = isEmpty(db, table)
  let added = 0
  return {
    intern: (text) => {
      const cached = cache.get(text)
      if (cached !== undefined) return cached
      let no = isAllCached && !cache.hasLost ? undefined : find(text)?.no
      if (no === undefined) {
        no = add(text)
        added += 1
      }
      cache.set(text, no)
      return no
    },
    added: () => added,
    flush: () => trigrams?.flush(),
    forget: () => {
      cache.clear()
      trigrams?.forget()
      isAllCached = isEmpty(db, table)
    },
  }
}

export function isEmpty(db: Database, table: string): boolean {
  return db.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() === undefined
}

/** The searched form, and the exact one where that is another. */
function formsOf(text: string): { form: string; utf16: Buffer | null } {
  const form = searchForm(text)
  return { form, utf16: form === text ? null : toUtf16(text) }
}

/** Of the exact text: unpaired surrogates count, so not of its UTF-8. */
export function hash32(text: string): number {
  const bytes = text.isWellFormed() ? text : toUtf16(text)
  return Number.parseInt(hash('sha256', bytes, 'hex').slice(0, 8), 16) | 0
}
