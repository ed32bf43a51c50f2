/**
 * Texts ↔ numbers, for the writer: every text of a report is stored once and known by its number. What was
 * used lately is known without asking the database.
 *
 * A dictionary may hold a text twice (where very many differ in case only, the older one is not looked for to
 * the end): whoever compares numbers finds two items then, and nothing is wrong but a little space.
 */
import { hash } from 'node:crypto'
import type { Database, Statement } from 'better-sqlite3'
import { searchForm } from '../../../streams/query/search-form.ts'
import { toUtf16 } from '../utf16.ts'
import { classDefinition, type StreamClass } from './class-definition.ts'
import { RecentMap } from './recent-map.ts'

export interface ClassEntry {
  classNo: number
  streamNameNo: number
  tallyNo: number
  verdict: StreamClass['verdict']
}

export interface Dictionaries {
  folder(path: string): number
  /** `isNew`: nothing can point to it yet. */
  fileName(name: string): { no: number; isNew: boolean }
  hostUrl(url: string): number
  referrer(url: string): number
  classEntry(of: StreamClass): ClassEntry
  /** Undefined: no stream was ever called that. */
  findStreamName(name: string): number | undefined
  /** After a rollback: what was learnt in it is not there. */
  forget(): void
}

/** Characters of texts, of each dictionary: about 100 MB for all together at most. */
const CACHED_UNITS = 6_000_000
/** Texts that differ in case only, among which an exact one is looked for. */
const MAX_VARIANTS = 64

export function createDictionaries(db: Database): Dictionaries {
  const folders = searchedTexts(db, 'folder', 'folder_no', 'path')
  const fileNames = searchedTexts(db, 'file_name', 'name_no', 'name')
  const hostUrls = hostUrlTexts(db)
  const referrers = referrerTexts(db)
  const classes = classEntries(db)
  return {
    folder: folders.intern,
    fileName: (name) => {
      const before = fileNames.added()
      const no = fileNames.intern(name)
      return { no, isNew: fileNames.added() > before }
    },
    hostUrl: hostUrls.intern,
    referrer: referrers.intern,
    classEntry: classes.intern,
    findStreamName: classes.findStreamName,
    forget: () => {
      for (const each of [folders, fileNames, hostUrls, referrers, classes]) each.forget()
    },
  }
}

interface Texts {
  intern(text: string): number
  /** How many were not there. */
  added(): number
  forget(): void
}

type TextRow = { no: number }

/** `find` and `add` get the exact text; what they give is cached. */
function cachedTexts(
  find: (text: string) => TextRow | undefined,
  add: (text: string) => number,
): Texts {
  const cache = new RecentMap<number>(CACHED_UNITS)
  let added = 0
  return {
    intern: (text) => {
      const cached = cache.get(text)
      if (cached !== undefined) return cached
      let no = find(text)?.no
      if (no === undefined) {
        no = add(text)
        added += 1
      }
      cache.set(text, no)
      return no
    },
    added: () => added,
    forget: () => cache.clear(),
  }
}

/** Texts with an index that disregards case, and their trigrams. */
function searchedTexts(db: Database, table: string, numberColumn: string, column: string): Texts {
  const find = db.prepare<[Record<string, unknown>], TextRow>(`
    SELECT no FROM (
      SELECT ${numberColumn} AS no, ${column} AS text, utf16 FROM ${table}
      WHERE ${column} = @form LIMIT ${MAX_VARIANTS})
    WHERE text = @form COLLATE BINARY AND utf16 IS @utf16
  `)
  const insert = db.prepare(`INSERT INTO ${table} (${column}, utf16) VALUES (?, ?)`)
  const insertText = db.prepare(`INSERT INTO ${table}_text (rowid, ${column}) VALUES (?, ?)`)
  return cachedTexts(
    (text) => find.get(formsOf(text)),
    (text) => {
      const { form, utf16 } = formsOf(text)
      const no = Number(insert.run(form, utf16).lastInsertRowid)
      insertText.run(no, form)
      return no
    },
  )
}

function referrerTexts(db: Database): Texts {
  const find = db.prepare<[Record<string, unknown>], TextRow>(`
    SELECT referrer_no AS no FROM referrer
    WHERE hash = @hash AND url = @form COLLATE BINARY AND utf16 IS @utf16 LIMIT 1
  `)
  const insert = db.prepare('INSERT INTO referrer (hash, url, utf16) VALUES (?, ?, ?)')
  const insertText = db.prepare('INSERT INTO referrer_text (rowid, url) VALUES (?, ?)')
  return cachedTexts(
    (text) => find.get({ ...formsOf(text), hash: hash32(text) }),
    (text) => {
      const { form, utf16 } = formsOf(text)
      const no = Number(insert.run(hash32(text), form, utf16).lastInsertRowid)
      insertText.run(no, form)
      return no
    },
  )
}

function hostUrlTexts(db: Database): Texts {
  const find = db.prepare<[number, string | Buffer], TextRow>(
    'SELECT host_url_no AS no FROM host_url WHERE hash = ? AND url = ? LIMIT 1',
  )
  const insert = db.prepare('INSERT INTO host_url (hash, url) VALUES (?, ?)')
  const stored = (text: string): string | Buffer => {
    const { form, utf16 } = formsOf(text)
    return utf16 ?? form
  }
  return cachedTexts(
    (text) => find.get(hash32(text), stored(text)),
    (text) => Number(insert.run(hash32(text), stored(text)).lastInsertRowid),
  )
}

function classEntries(db: Database) {
  const cache = new RecentMap<ClassEntry>(CACHED_UNITS)
  const streamNames = new RecentMap<number>(CACHED_UNITS)
  const statements = prepareClasses(db)

  const findStreamName = (name: string): number | undefined => {
    const cached = streamNames.get(name)
    if (cached !== undefined) return cached
    const no = statements.selectStreamName.get(toUtf16(name))?.no
    if (no !== undefined) streamNames.set(name, no)
    return no
  }
  const addStreamName = (name: string): number =>
    Number(statements.insertStreamName.run(searchForm(name), toUtf16(name)).lastInsertRowid)
  const tally = (verdict: string, zone: number | null): number =>
    statements.selectTally.get(verdict, zone)?.no ??
    Number(statements.insertTally.run(verdict, zone).lastInsertRowid)

  const add = (of: StreamClass, definition: string): ClassEntry => {
    const streamNameNo = findStreamName(of.stream) ?? addStreamName(of.stream)
    const zone = storedZone(of)
    const tallyNo = tally(of.verdict, zone)
    const writer = of.origin?.lastWriterPackageFamilyName ?? null
    const { lastInsertRowid } = statements.insertClass.run({
      definition,
      streamNameNo,
      kind: of.kind,
      extension: of.extension,
      verdict: of.verdict,
      rule: searchForm(of.rule),
      zone,
      host: of.host,
      writer: writer === null ? null : searchForm(writer),
      tallyNo,
    })
    return { classNo: Number(lastInsertRowid), streamNameNo, tallyNo, verdict: of.verdict }
  }

  return {
    findStreamName,
    intern: (of: StreamClass): ClassEntry => {
      const definition = classDefinition(of)
      let entry = cache.get(definition)
      if (entry !== undefined) return entry
      const row = statements.selectClass.get(definition)
      entry = row === undefined ? add(of, definition) : { ...row, verdict: of.verdict }
      cache.set(definition, entry)
      return entry
    },
    forget: () => {
      cache.clear()
      streamNames.clear()
    },
  }
}

function prepareClasses(db: Database) {
  return {
    selectStreamName: db.prepare<[Buffer], TextRow>(
      'SELECT stream_name_no AS no FROM stream_name WHERE utf16 = ?',
    ),
    insertStreamName: db.prepare('INSERT INTO stream_name (name, utf16) VALUES (?, ?)'),
    selectTally: db.prepare<[string, number | null], TextRow>(
      'SELECT tally_no AS no FROM tally WHERE verdict = ? AND zone IS ?',
    ),
    insertTally: db.prepare('INSERT INTO tally (verdict, zone) VALUES (?, ?)'),
    selectClass: db.prepare<[string], Omit<ClassEntry, 'verdict'>>(`
      SELECT class_no AS classNo, stream_name_no AS streamNameNo, tally_no AS tallyNo
      FROM class WHERE definition = ?
    `),
    insertClass: db.prepare<[Record<string, unknown>]>(`
      INSERT INTO class (definition, stream_name_no, kind, extension, verdict, rule, zone, host, writer, tally_no)
      VALUES (@definition, @streamNameNo, @kind, @extension, @verdict, @rule, @zone, @host, @writer, @tallyNo)
    `) as Statement<[Record<string, unknown>]>,
  }
}

/** A zone is any whole number of JSON; a column holds those of 64 bits. */
function storedZone({ origin }: StreamClass): number | null {
  const zone = origin?.id ?? null
  return Number.isSafeInteger(zone) ? zone : null
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
