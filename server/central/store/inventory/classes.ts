/**
 * Classes and stream names ↔ numbers, for the writer. New classes are gathered and written several at a time: each
 * statement that fires triggers first copies all pages that it changes, so that it could be undone alone.
 */
import type { Database } from 'better-sqlite3'
import { searchForm } from '../../../streams/query/search-form.ts'
import { toUtf16 } from '../utf16.ts'
import { parseClassDefinition, type StreamClass } from './class-definition.ts'
import { RecentMap } from './recent-map.ts'
import { CACHED_UNITS, isEmpty, type TextRow } from './text-dictionaries.ts'

export interface ClassEntry {
  classNo: number
  streamNameNo: number
  tallyNo: number
  verdict: StreamClass['verdict']
}

export interface Classes {
  intern(definition: string): ClassEntry
  findStreamName(name: string): number | undefined
  /** Before rows of new classes are read or counted, and before the transaction ends. */
  write(): void
  /** After a rollback. */
  forget(): void
}

/** Of one statement. */
const ROWS_AT_ONCE = 50

type ClassColumns = (number | string | null)[]

export function createClasses(db: Database): Classes {
  const cache = new RecentMap<ClassEntry>(CACHED_UNITS)
  const streamNames = new RecentMap<number>(CACHED_UNITS)
  const statements = prepare(db)
  /** Not written yet, by definition. */
  const pending = new Map<string, { entry: ClassEntry; columns: ClassColumns }>()
  let isAllCached = false
  let next = 0

  const load = (): void => {
    isAllCached = isEmpty(db, 'class')
    next = statements.selectNext.get()!.no
  }
  load()

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
    const entry = { classNo: next, streamNameNo, tallyNo, verdict: of.verdict }
    next += 1
    const columns = [
      entry.classNo,
      definition,
      streamNameNo,
      of.kind,
      of.extension,
      of.verdict,
      searchForm(of.rule),
      zone,
      of.host,
      writer === null ? null : searchForm(writer),
      tallyNo,
    ]
    pending.set(definition, { entry, columns })
    return entry
  }

  const find = (of: StreamClass, definition: string): ClassEntry | undefined => {
    const entry = pending.get(definition)?.entry
    if (entry !== undefined || (isAllCached && !cache.hasLost)) return entry
    const row = statements.selectClass.get(definition)
    return row && { ...row, verdict: of.verdict }
  }

  return {
    findStreamName,
    intern: (definition) => {
      let entry = cache.get(definition)
      if (entry !== undefined) return entry
      const of = parseClassDefinition(definition)
      entry = find(of, definition) ?? add(of, definition)
      cache.set(definition, entry)
      return entry
    },
    write: () => {
      const rows = Array.from(pending.values(), ({ columns }) => columns)
      pending.clear()
      let from = 0
      for (; from + ROWS_AT_ONCE <= rows.length; from += ROWS_AT_ONCE) {
        statements.insertClasses.run(rows.slice(from, from + ROWS_AT_ONCE).flat())
      }
      for (const row of rows.slice(from)) statements.insertClass.run(row)
    },
    forget: () => {
      cache.clear()
      streamNames.clear()
      pending.clear()
      load()
    },
  }
}

function prepare(db: Database) {
  const insertSql = (rows: number) => `
    INSERT INTO class (
      class_no, definition, stream_name_no, kind, extension, verdict, rule, zone, host, writer, tally_no)
    VALUES ${Array(rows).fill('(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').join()}
  `
  return {
    selectNext: db.prepare<[], TextRow>('SELECT ifnull(max(class_no), 0) + 1 AS no FROM class'),
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
    insertClass: db.prepare<[ClassColumns]>(insertSql(1)),
    insertClasses: db.prepare<[ClassColumns]>(insertSql(ROWS_AT_ONCE)),
  }
}

/** A zone is any whole number of JSON; a column holds those of 64 bits. */
function storedZone({ origin }: StreamClass): number | null {
  const zone = origin?.id ?? null
  return Number.isSafeInteger(zone) ? zone : null
}
