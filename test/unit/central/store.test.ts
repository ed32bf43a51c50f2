import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listMigrations, migrate } from '../../../server/central/store/migrate.ts'
import { openStores } from '../../../server/central/store/stores.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import { inventoryOf, keyOf, stream } from '../../integration/central/test-agent.ts'
import { addMachine, delta, openTestStores, tempDataDir } from './stored-fleet.ts'

describe('migrations', () => {
  it('bring an empty file to the newest schema, with every table strict and sound', () => {
    const db = new Database(':memory:')
    migrate(db)
    expect(db.pragma('user_version', { simple: true })).toBe(listMigrations().length)
    const tables = db.pragma('table_list') as { name: string; schema: string; strict: number }[]
    const ours = tables.filter(({ name }) => !name.startsWith('sqlite_'))
    expect(ours.length).toBeGreaterThan(7)
    for (const table of ours) expect([table.name, table.strict]).toEqual([table.name, 1])
    expect(db.pragma('foreign_key_check')).toEqual([])
    migrate(db)
    db.close()
  })

  it('leave the database as it was when one of them fails', () => {
    const db = new Database(':memory:')
    const broken = { version: 1, sql: 'CREATE TABLE a (b); CREATE TABLE a (b);' }
    expect(() => migrate(db, [broken])).toThrow('already exists')
    expect(db.pragma('user_version', { simple: true })).toBe(0)
    expect(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 0 })
    db.close()
  })

  it('never touch a database of a newer Sidestream', () => {
    const db = new Database(':memory:')
    db.pragma('user_version = 999')
    expect(() => migrate(db)).toThrow('update Sidestream')
    db.close()
  })
})

describe('the database file', () => {
  it('is alone in its folder after closing, and whole after opening again', () => {
    const dataDir = join(tempDataDir(), 'made', 'here')
    const stores = openStores(dataDir)
    const machineId = addMachine(stores, 'PC')
    stores.inventory.applyDelta(machineId, delta({ upserts: [stream()] }), 5)
    expect(existsSync(join(dataDir, 'central.sqlite-wal'))).toBe(true)
    stores.close()
    expect(readdirSync(dataDir)).toEqual(['central.lock', 'central.sqlite'])
    const again = openStores(dataDir)
    expect(again.machines.inventory(machineId)).toEqual(inventoryOf([stream()]))
    again.close()
  })
})

describe('the audit log', () => {
  it('cannot be changed or deleted from, and shows where somebody did it anyway', () => {
    const dataDir = tempDataDir()
    const stores = openStores(dataDir)
    for (const subject of ['one', 'two', 'three\ud800']) {
      stores.audit.append(
        { actor: 'admin', action: 'order.created', subject, details: { subject } },
        7,
      )
    }
    expect(stores.audit.firstBroken()).toBe(null)
    const db = new Database(join(dataDir, 'central.sqlite'))
    const change = "UPDATE audit_entry SET actor = 'nobody' WHERE audit_id = 2"
    expect(() => db.exec(change)).toThrow('never changed')
    expect(() => db.exec('DELETE FROM audit_entry WHERE audit_id = 2')).toThrow('never deleted')
    db.exec('DROP TRIGGER audit_entry_is_never_changed')
    db.exec('DROP TRIGGER audit_entry_is_never_deleted')
    db.exec(change)
    expect(stores.audit.firstBroken()).toBe(2)
    db.exec("UPDATE audit_entry SET actor = 'admin' WHERE audit_id = 2")
    expect(stores.audit.firstBroken()).toBe(null)
    db.exec('DELETE FROM audit_entry WHERE audit_id = 2')
    expect(stores.audit.firstBroken()).toBe(3)
    db.close()
    stores.close()
  })
})

describe('writes as one', () => {
  it('are all undone when one of them fails', () => {
    const stores = openTestStores()
    const machineId = addMachine(stores, 'PC')
    const work = () =>
      stores.write(() => {
        stores.inventory.applyDelta(machineId, delta({ upserts: [stream()] }), 5)
        stores.audit.append({ actor: 'a', action: 'order.created', subject: 's', details: {} }, 5)
        throw new Error('power cut')
      })
    expect(work).toThrow('power cut')
    expect(stores.machines.inventory(machineId).count).toBe(0)
    expect(stores.audit.page({ limit: 1 }).entries).toEqual([])
  })
})

describe('the inventory', () => {
  const names = fc.constantFrom('Zone.Identifier', 'a', 'A', '\ud800', '\ud801')
  const reported = fc.record({
    stream: names,
    identity: fc.constantFrom('ntfs:1', 'ntfs:2'),
    verdict: fc.constantFrom('mark', 'suspicious', 'unknown'),
    sizeBytes: fc.nat(3),
  })
  const step = fc.record({
    upserts: fc.array(reported, { maxLength: 4 }),
    gone: fc.array(fc.record({ stream: names, identity: fc.constantFrom('ntfs:1', 'ntfs:2') }), {
      maxLength: 2,
    }),
    resync: fc.option(fc.record({ id: fc.constantFrom('r1', 'r2', 'r3'), isLast: fc.boolean() })),
    isSentTwice: fc.boolean(),
  })

  it('holds the same as a plain map after any deltas, with counts and digest to match', () => {
    const stores = openTestStores()
    void fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const machineId = addMachine(stores, 'PC')
        const model = new Map<string, ReportedStream>()
        let named = new Set<string>()
        let resyncId: string | null = null
        for (const { upserts, gone, resync, isSentTwice } of steps) {
          const frame = delta({
            upserts: upserts.map((changes) => stream(changes as never)),
            gone: gone.map((changes) => keyOf(stream(changes as never))),
            resync: resync && { ...resync, buckets: null },
          })
          for (let times = isSentTwice ? 2 : 1; times > 0; times -= 1) {
            stores.inventory.applyDelta(machineId, frame, 100)
          }
          if (resync !== null && resync.id !== resyncId) {
            resyncId = resync.id
            named = new Set()
          }
          for (const each of frame.upserts) {
            model.set(JSON.stringify(keyOf(each)), each)
            named.add(JSON.stringify(keyOf(each)))
          }
          for (const key of frame.gone) model.delete(JSON.stringify(key))
          if (resync?.isLast) {
            for (const key of [...model.keys()]) if (!named.has(key)) model.delete(key)
          }
        }
        const expected = [...model.values()]
        expect(stores.machines.inventory(machineId)).toEqual(inventoryOf(expected))
        const { streamCount, markCount, suspiciousCount } = stores.machines.find(machineId)!
        const count = (verdict: string) =>
          expected.filter((each) => each.verdict === verdict).length
        expect([streamCount, markCount, suspiciousCount]).toEqual([
          expected.length,
          count('mark'),
          count('suspicious'),
        ])
      }),
      { numRuns: 150 },
    )
  })

  it('gives every report back exactly', () => {
    const stores = openTestStores()
    const machineId = addMachine(stores, 'PC')
    // Any UTF-16 units, paired or not, NUL included: what a hostile or broken agent may send.
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 5 })
    const text = units.map((codes) => String.fromCharCode(...codes))
    void fc.assert(
      fc.property(text, text, text, (name, path, url) => {
        const origin = { ...stream().origin!, hostUrl: url, referrerUrl: path }
        const each = stream({ stream: name, path, links: [path, name], origin })
        stores.inventory.applyDelta(
          machineId,
          delta({
            upserts: [each],
            resync: { id: JSON.stringify([name, path, url]), isLast: true, buckets: null },
          }),
          1,
        )
        const filter = { query: { kind: 'all' }, presence: 'live' } as const
        const { streams } = stores.streams.page(filter, { limit: 2 })
        expect(streams).toHaveLength(1)
        expect(streams[0]).toMatchObject(each)
        expect(stores.machines.inventory(machineId)).toEqual(inventoryOf([each]))
      }),
      { numRuns: 300 },
    )
  })

  it('is searched through an index where a whole value is asked for', () => {
    const dataDir = tempDataDir()
    openStores(dataDir).close()
    const db = new Database(join(dataDir, 'central.sqlite'))
    const plan = (column: string): string =>
      (
        db
          .prepare(
            `EXPLAIN QUERY PLAN SELECT * FROM stream AS s WHERE (s.${column} = ? COLLATE NOCASE)`,
          )
          .all('x') as { detail: string }[]
      )
        .map((row) => row.detail)
        .join()
    for (const column of ['host', 'extension', 'stream_name', 'sha256', 'verdict', 'file_name']) {
      expect([column, plan(column)]).toEqual([column, expect.stringContaining('USING INDEX')])
    }
    db.close()
  })
})
