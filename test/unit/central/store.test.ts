import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { auditOfFolder } from '../../../server/central/store/check-stores.ts'
import { listMigrations, migrate } from '../../../server/central/store/migrate.ts'
import { openStores } from '../../../server/central/store/stores.ts'
import { checkAuditChain } from '../../../server/shared/audit-chain.ts'
import { inventoryOf, stream } from '../../integration/central/test-agent.ts'
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

describe('the database files', () => {
  it('are alone in their folder after closing, and whole after opening again', async () => {
    const dataDir = join(tempDataDir(), 'made', 'here')
    const stores = await openStores(dataDir)
    const machineId = await addMachine(stores, 'PC')
    await stores.inventory.apply(machineId, delta({ upserts: [stream()] }), 5)
    expect(existsSync(join(dataDir, 'central.sqlite-wal'))).toBe(true)
    expect(existsSync(join(dataDir, 'inventory.sqlite-wal'))).toBe(true)
    await stores.close()
    expect(readdirSync(dataDir)).toEqual([
      'central.lock',
      'central.sqlite',
      'inventory.sqlite',
      'orders.sqlite',
    ])
    const again = await openStores(dataDir)
    const { count, digest } = inventoryOf([stream()])
    expect(again.inventory.held(machineId)).toMatchObject({ counts: { streams: count }, digest })
    await again.close()
  })

  it('are taken only as the set that they are', async () => {
    const [one, other] = [tempDataDir(), tempDataDir()]
    for (const dataDir of [one, other]) {
      const stores = await openStores(dataDir)
      await addMachine(stores, 'PC')
      await stores.close()
    }
    const mismatch = expect.objectContaining({ code: 'INVENTORY_MISMATCH' })
    renameSync(join(other, 'orders.sqlite'), join(other, 'own.sqlite'))
    await expect(openStores(other)).rejects.toThrow(mismatch)
    cpSync(join(one, 'orders.sqlite'), join(other, 'orders.sqlite'))
    await expect(openStores(other)).rejects.toThrow(mismatch)
    renameSync(join(other, 'own.sqlite'), join(other, 'orders.sqlite'))
    cpSync(join(one, 'inventory.sqlite'), join(other, 'inventory.sqlite'))
    await expect(openStores(other)).rejects.toThrow(mismatch)
    rmSync(join(other, 'inventory.sqlite'))
    await expect(openStores(other)).rejects.toThrow(mismatch)
    rmSync(join(one, 'central.sqlite'))
    await expect(openStores(one)).rejects.toThrow(mismatch)
  })
})

describe('the audit log', () => {
  it('cannot be changed or deleted from, and shows where somebody did it anyway', async () => {
    const dataDir = tempDataDir()
    const stores = await openStores(dataDir)
    for (const subject of ['one', 'two', 'three\ud800']) {
      stores.audit.append(
        { actor: 'admin', action: 'order.created', subject, details: { subject } },
        7,
      )
    }
    const broken = () => checkAuditChain(() => auditOfFolder(dataDir)).fault?.auditId ?? null
    expect(broken()).toBe(null)
    const db = new Database(join(dataDir, 'central.sqlite'))
    const change = "UPDATE audit_entry SET actor = 'nobody' WHERE audit_id = 2"
    expect(() => db.exec(change)).toThrow('never changed')
    expect(() => db.exec('DELETE FROM audit_entry WHERE audit_id = 2')).toThrow('never deleted')
    db.exec('DROP TRIGGER audit_entry_is_never_changed')
    db.exec('DROP TRIGGER audit_entry_is_never_deleted')
    db.exec(change)
    expect(broken()).toBe(2)
    db.exec("UPDATE audit_entry SET actor = 'admin' WHERE audit_id = 2")
    expect(broken()).toBe(null)
    db.exec('DELETE FROM audit_entry WHERE audit_id = 2')
    expect(broken()).toBe(2)
    db.close()
    await stores.close()
  })
})

describe('writes as one', () => {
  it('are all undone when one of them fails', async () => {
    const stores = await openTestStores()
    const machineId = await addMachine(stores, 'PC')
    const work = () =>
      stores.write(() => {
        stores.machines.setLastSeen(machineId, 5_000)
        stores.audit.append({ actor: 'a', action: 'order.created', subject: 's', details: {} }, 5)
        throw new Error('power cut')
      })
    expect(work).toThrow('power cut')
    expect(stores.machines.find(machineId)!.lastSeenAt).toBe(1_000)
    expect(stores.audit.page({ reader: null, limit: 1 }).entries).toEqual([])
  })
})
