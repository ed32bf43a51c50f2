/** Texts and classes ↔ numbers, for the writer. */
import type { Database, Statement } from 'better-sqlite3'
import { searchForm } from '../../../streams/query/search-form.ts'
import { toUtf16 } from '../utf16.ts'
import { parseClassDefinition, type StreamClass } from './class-definition.ts'
import { RecentMap } from './recent-map.ts'
import {
  CACHED_UNITS,
  hostUrlTexts,
  isEmpty,
  referrerTexts,
  searchedTexts,
  type TextRow,
} from './text-dictionaries.ts'

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
  /** By its definition; see class-definition.ts. */
  classEntry(definition: string): ClassEntry
  /** Undefined: no stream was ever called that. */
  findStreamName(name: string): number | undefined
  /** Last in a transaction; see trigrams.ts. */
  flush(): void
  /** After a rollback: what was learnt in it is not there. */
  forget(): void
}

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
    flush: () => {
      for (const each of [folders, fileNames, referrers]) each.flush()
    },
    forget: () => {
      for (const each of [folders, fileNames, hostUrls, referrers, classes]) each.forget()
    },
  }
}

function classEntries(db: Database) {
  const cache = new RecentMap<ClassEntry>(CACHED_UNITS)
  const streamNames = new RecentMap<number>(CACHED_UNITS)
  const statements = prepareClasses(db)
  let isAllCached = isEmpty(db, 'class')

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
    intern: (definition: string): ClassEntry => {
      let entry = cache.get(definition)
      if (entry !== undefined) return entry
      const of = parseClassDefinition(definition)
      const mayBeStored = !isAllCached || cache.hasLost
      const row = mayBeStored ? statements.selectClass.get(definition) : undefined
      entry = row === undefined ? add(of, definition) : { ...row, verdict: of.verdict }
      cache.set(definition, entry)
      return entry
    },
    forget: () => {
      cache.clear()
      streamNames.clear()
      isAllCached = isEmpty(db, 'class')
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
