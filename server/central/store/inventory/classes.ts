/** Classes and stream names ↔ numbers, for the writer. New classes are gathered and written several at a time. */
import type { Database } from 'better-sqlite3'
import { searchForm } from '../../../streams/query/search-form.ts'
import { toUtf16 } from '../utf16.ts'
import { BulkInsert } from './bulk-insert.ts'
import { parseClassDefinition, type StreamClass } from './class-definition.ts'
import { createFamilies } from './families.ts'
import type { LiveCounts } from './live-counts.ts'
import { RecentMap } from './recent-map.ts'
import { CACHED_UNITS, isEmpty, type TextRow } from './text-dictionaries.ts'

/** What the counts of a class are kept by. */
export interface ClassPlace {
  classNo: number
  familyNo: number
  hostNo: number
}

export interface ClassEntry extends ClassPlace {
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

/** Of class and family. */
type SharedColumns = [
  kind: string,
  extension: string,
  verdict: string,
  rule: string,
  zone: number | null,
]

type ClassColumns = (number | string | null)[]

export type ClassCounts = Pick<LiveCounts, 'addedClass' | 'takeClass'>

export function createClasses(db: Database, counts: ClassCounts): Classes {
  const cache = new RecentMap<ClassEntry>(CACHED_UNITS)
  const streamNames = new RecentMap<number>(CACHED_UNITS)
  const families = createFamilies(db)
  const statements = prepare(db)
  const newClasses = new BulkInsert(db, 'class', [
    'class_no',
    'definition',
    'stream_name_no',
    'kind',
    'extension',
    'verdict',
    'rule',
    'zone',
    'host',
    'writer',
    'tally_no',
    'live_count',
    'item_count',
  ])
  const newKeys = new BulkInsert(db, 'class_key', ['class_no', 'family_no', 'host_no'])
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
    const shared: SharedColumns = [of.kind, of.extension, of.verdict, searchForm(of.rule), zone]
    const writerForm = writer === null ? null : searchForm(writer)
    const entry: ClassEntry = {
      classNo: next,
      familyNo: families.family([streamNameNo, ...shared, writerForm]),
      hostNo: families.host(of.host),
      streamNameNo,
      tallyNo,
      verdict: of.verdict,
    }
    next += 1
    const columns = [
      entry.classNo,
      definition,
      streamNameNo,
      ...shared,
      of.host,
      writerForm,
      tallyNo,
    ]
    pending.set(definition, { entry, columns })
    counts.addedClass(entry)
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
      families.write()
      for (const { entry, columns } of pending.values()) {
        const { live, items } = counts.takeClass(entry.classNo)
        newClasses.add(...columns, live, items)
        newKeys.add(entry.classNo, entry.familyNo, entry.hostNo)
      }
      pending.clear()
      newClasses.write()
      newKeys.write()
    },
    forget: () => {
      cache.clear()
      streamNames.clear()
      pending.clear()
      families.forget()
      load()
    },
  }
}

function prepare(db: Database) {
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
      SELECT c.class_no AS classNo, k.family_no AS familyNo, k.host_no AS hostNo,
        c.stream_name_no AS streamNameNo, c.tally_no AS tallyNo
      FROM class AS c JOIN class_key AS k USING (class_no) WHERE c.definition = ?
    `),
  }
}

/** A zone is any whole number of JSON; a column holds those of 64 bits. */
function storedZone({ origin }: StreamClass): number | null {
  const zone = origin?.id ?? null
  return Number.isSafeInteger(zone) ? zone : null
}
