import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { expect, it } from 'vitest'
import {
  buildStore,
  confirmationOf,
  fleetOf,
  knownMachine,
  machinesOf,
  reportedAt,
} from '../../../scripts/bench/search/build-store.ts'
import { openToWrite } from '../../../server/central/store/inventory/open-inventory.ts'
import { createWriter, type WriteJob } from '../../../server/central/store/inventory/writer.ts'
import { tempDataDir } from '../central/stored-fleet.ts'

const SIZE = { streams: 900, streamsPerMachine: 300 }

it('is filled for the benchmark with the very rows that the writer would have written', () => {
  const folder = tempDataDir()
  const [filled, written] = [join(folder, 'filled.sqlite'), join(folder, 'written.sqlite')]
  buildStore(filled, SIZE)
  writeStore(written)
  expect(tablesOf(filled)).toEqual(tablesOf(written))
  expect(tablesOf(filled).stream).toHaveLength(SIZE.streams)
})

/** As machines report: each made known, then all that it has, then how its volume was read. */
function writeStore(file: string): void {
  const db = openToWrite(file)
  const fleet = fleetOf(SIZE)
  const indexes = Array.from({ length: machinesOf(SIZE) }, (_, index) => index)
  const jobs = indexes.flatMap((index): WriteJob[] => {
    const machine = knownMachine(fleet, index)
    const { machineId } = machine
    const now = reportedAt(index, indexes.length)
    const delta = { sequence: 1, resync: null, upserts: fleet.streams(index), gone: [] }
    return [
      { kind: 'putMachines', machines: [machine] },
      { kind: 'apply', machineId, delta, now },
      confirmationOf(fleet, index, now),
    ]
  })
  for (const outcome of createWriter(db).run(jobs)) if ('error' in outcome) throw outcome.error
  db.close()
}

/** All rows of all tables, and the schema; but for what is different by nature, and the digests. */
function tablesOf(file: string): Record<string, unknown[]> {
  const db = new SqliteDatabase(file, { readonly: true })
  const schema = db
    .prepare<[], { type: string; name: string; sql: string | null }>(
      `SELECT type, name, sql FROM sqlite_schema
       WHERE name NOT LIKE 'sqlite_stat%' AND name NOT LIKE '%\\_text\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .all()
  const tables: Record<string, unknown[]> = { schema }
  for (const { type, name, sql } of schema) {
    if (type !== 'table' || sql?.startsWith('CREATE VIRTUAL') === true) continue
    const rows = db
      .prepare<[], Record<string, unknown>>(`SELECT * FROM ${name} ORDER BY 1, 2`)
      .all()
    tables[name] = rows.map(({ inventory_id: _, digest: __, ...row }) => row)
  }
  for (const text of ['file_name_text', 'folder_text', 'referrer_text']) {
    const hits = db.prepare<[], { rowid: number }>(
      `SELECT rowid FROM ${text} WHERE ${text} MATCH '"con" OR "set" OR "htt"' ORDER BY rowid`,
    )
    tables[text] = hits.all()
  }
  db.close()
  return tables
}
