/**
 * Families and hosts, for the writer: the two halves of a class (schema/0002-search.sql). Both are told apart as their
 * columns compare, without regard to the case of Latin letters.
 */
import type { Database } from 'better-sqlite3'
import { BulkInsert } from './bulk-insert.ts'
import { RecentMap } from './recent-map.ts'
import { CACHED_UNITS, type TextRow } from './text-dictionaries.ts'

/** In the order of the columns of `family`. */
export type FamilyColumns = [
  streamNameNo: number,
  kind: string,
  extension: string,
  verdict: string,
  rule: string,
  zone: number | null,
  writer: string | null,
]

export interface Families {
  /** Of a family, made if there is none. */
  family(columns: FamilyColumns): number
  /** 0 for no host. */
  host(host: string | null): number
  /** Before rows of new hosts are counted, and before the transaction ends. */
  write(): void
  /** After a rollback. */
  forget(): void
}

const NO_HOST = 0

export function createFamilies(db: Database): Families {
  const selectFamily = db.prepare<FamilyColumns, TextRow>(`
    SELECT family_no AS no FROM family
    WHERE stream_name_no = ? AND kind = ? AND extension = ? AND verdict = ? AND rule = ? AND zone IS ?
      AND writer IS ?
  `)
  const insertFamily = db.prepare<FamilyColumns>(`
    INSERT INTO family (stream_name_no, kind, extension, verdict, rule, zone, writer)
    VALUES (?, ?, ?, ?, ?, ?, ?)
  `)
  const selectHost = db.prepare<[string], TextRow>('SELECT host_no AS no FROM host WHERE host = ?')
  const selectNextHost = db.prepare<[], TextRow>('SELECT max(host_no) + 1 AS no FROM host')
  const newHosts = new BulkInsert(db, 'host', ['host_no', 'host'])
  const families = new RecentMap<number>(CACHED_UNITS)
  const hosts = new RecentMap<number>(CACHED_UNITS)
  let nextHost = 0
  let writtenAtTurn = 0

  const load = (): void => {
    nextHost = selectNextHost.get()!.no
  }
  load()

  const addHost = (host: string): number => {
    const no = nextHost
    nextHost += 1
    newHosts.add(no, host)
    return no
  }
  const write = (): void => {
    newHosts.write()
    writtenAtTurn = hosts.turns
  }

  return {
    family: (columns) => {
      const key = foldCase(JSON.stringify(columns))
      let no = families.get(key)
      if (no !== undefined) return no
      no = selectFamily.get(...columns)?.no ?? Number(insertFamily.run(...columns).lastInsertRowid)
      families.set(key, no)
      return no
    },
    host: (host) => {
      if (host === null) return NO_HOST
      const key = foldCase(host)
      let no = hosts.get(key)
      if (no !== undefined) return no
      // What is not written yet is still known, but after a turn.
      if (hosts.turns !== writtenAtTurn) write()
      no = selectHost.get(host)?.no ?? addHost(host)
      hosts.set(key, no)
      return no
    },
    write,
    forget: () => {
      families.clear()
      hosts.clear()
      newHosts.forget()
      load()
    },
  }
}

/** As NOCASE has it. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
