/**
 * Checks the three files of a data folder, each as it is at one moment, whether a central works on them or not.
 * Changes nothing.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { AppError } from '../../shared/app-error.ts'
import { type ChainedRecord, checkAuditChain } from '../../shared/audit-chain.ts'
import { createAuditStore } from './audit-store.ts'
import type { Check } from './check-types.ts'
import { INVENTORY_CHECKS, pages, references } from './inventory/check-inventory.ts'
import { INVENTORY_FILE } from './inventory/open-inventory.ts'
import { DATABASE_FILE } from './open-database.ts'
import { ORDER_CHECKS } from './orders/check-orders.ts'
import { ORDERS_FILE } from './orders/open-orders.ts'

export interface Checked {
  what: string
  faultCount: number
  /** For people; the first few. */
  faults: string[]
}

const MAX_FAULTS_TOLD = 20

const CENTRAL_CHECKS: readonly Check[] = [
  { what: 'central.sqlite: pages and indexes', faults: pages },
  { what: 'central.sqlite: references', faults: references },
  { what: 'audit log: no entry changed or missing', faults: auditLog },
]

/** One after the other: the caller may tell of each before the next begins. */
export function* checkStores(dataDir: string): Generator<Checked> {
  const central = openAsIs(dataDir, DATABASE_FILE)
  try {
    for (const check of CENTRAL_CHECKS) yield made(check, central)
    const inventory = openAsIs(dataDir, INVENTORY_FILE)
    try {
      yield made({ what: 'the two files are a pair', faults: (db) => pair(central, db) }, inventory)
      for (const check of INVENTORY_CHECKS) yield made(check, inventory)
    } finally {
      inventory.close()
    }
    const orders = openAsIs(dataDir, ORDERS_FILE)
    try {
      yield made({ what: 'the orders belong to them', faults: (db) => setOf(central, db) }, orders)
      for (const check of ORDER_CHECKS) yield made(check, orders)
    } finally {
      orders.close()
    }
  } finally {
    central.close()
  }
}

function made({ what, faults }: Check, db: Database): Checked {
  const told: string[] = []
  let faultCount = 0
  for (const fault of faults(db)) {
    faultCount += 1
    if (told.length < MAX_FAULTS_TOLD) told.push(fault)
  }
  return { what, faultCount, faults: told }
}

/** In one read transaction: what is written meanwhile does not look like a fault. */
function openAsIs(dataDir: string, name: string): Database {
  const file = join(dataDir, name)
  if (!existsSync(file)) {
    throw new AppError('DATA_MISSING', 404, `${file} is not there; is this central's data folder?`)
  }
  const db = new SqliteDatabase(file, { readonly: true })
  db.pragma('busy_timeout = 10000')
  db.exec('BEGIN')
  db.prepare('SELECT count(*) FROM sqlite_schema').get()
  return db
}

function* auditLog(db: Database): Generator<string> {
  const { fault } = checkAuditChain(() => chainedRecords(db))
  if (fault !== null) yield fault.message
}

/** The audit log of a data folder as it is, oldest first; central may be gone, or go on working. */
export function* auditOfFolder(dataDir: string): Generator<ChainedRecord> {
  const db = openAsIs(dataDir, DATABASE_FILE)
  try {
    yield* chainedRecords(db)
  } finally {
    db.close()
  }
}

const RECORDS_AT_ONCE = 1_000

function* chainedRecords(db: Database): Generator<ChainedRecord> {
  const audit = createAuditStore(db)
  let afterId = Number.MIN_SAFE_INTEGER
  for (;;) {
    const records = audit.chained(afterId, RECORDS_AT_ONCE)
    yield* records
    const last = records.at(-1)
    if (last === undefined || records.length < RECORDS_AT_ONCE) return
    afterId = last.auditId
  }
}

function* setOf(central: Database, orders: Database): Generator<string> {
  const wanted = central
    .prepare<[], { id: string }>('SELECT inventory_id AS id FROM inventory')
    .get()?.id
  const found = orders
    .prepare<[], { id: string }>('SELECT inventory_id AS id FROM orders_file')
    .get()?.id
  if (wanted !== found) yield `central.sqlite belongs to ${wanted}, orders.sqlite to ${found}`
}

function* pair(central: Database, inventory: Database): Generator<string> {
  const select = (db: Database, table: string) =>
    db.prepare<[], { id: string }>(`SELECT inventory_id AS id FROM ${table}`).get()?.id
  const [wanted, found] = [select(central, 'inventory'), select(inventory, 'engine')]
  if (wanted !== found) yield `central.sqlite belongs to ${wanted}, inventory.sqlite is ${found}`
}
