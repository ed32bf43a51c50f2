/** All stores of a data folder. Services get these interfaces and never see a database. */
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { type AuditStore, createAuditStore } from './audit-store.ts'
import { lockDataFolder } from './data-lock.ts'
import { createEnrolmentStore, type EnrolmentStore } from './enrolment-store.ts'
import { createFactorStore, type FactorStore } from './factor-store.ts'
import type { InventoryEngine } from './inventory/inventory-engine.ts'
import { INVENTORY_FILE } from './inventory/open-inventory.ts'
import { openSqliteEngine } from './inventory/sqlite-engine.ts'
import {
  checkInventoryIsThere,
  checkOrdersAreThere,
  pairWithInventory,
  pairWithOrders,
} from './inventory-pair.ts'
import { createLiveStore, type LiveStore } from './live-store.ts'
import { createMachineCareStore, type MachineCareStore } from './machine-care-store.ts'
import { createMachineKeyStore, type MachineKeyStore } from './machine-key-store.ts'
import { createMachineStore, type MachineStore } from './machine-store.ts'
import { closeDatabase, openDatabase } from './open-database.ts'
import { createOrderPolicyStore, type OrderPolicyStore } from './order-policy-store.ts'
import { type OrderStore, openOrderStore } from './order-store.ts'
import { ORDERS_FILE } from './orders/open-orders.ts'
import { createPendingStore, type PendingStore } from './pending-store.ts'
import { createRuleStore, type RuleStore } from './rule-store.ts'
import { createSavedQueryStore, type SavedQueryStore } from './saved-query-store.ts'
import { createScopeStore, type ScopeStore } from './scope-store.ts'
import { createSessionStore, type SessionStore } from './session-store.ts'
import { createSinkStore, type SinkStore } from './sink-store.ts'
import { createTokenStore, type TokenStore } from './token-store.ts'
import { createTrendStore, type TrendStore } from './trend-store.ts'
import { createUserStore, type UserStore } from './user-store.ts'

export interface Stores {
  machines: MachineStore
  inventory: InventoryEngine
  orders: OrderStore
  orderPolicy: OrderPolicyStore
  enrolments: EnrolmentStore
  pending: PendingStore
  users: UserStore
  sessions: SessionStore
  tokens: TokenStore
  factors: FactorStore
  audit: AuditStore
  live: LiveStore
  machineCare: MachineCareStore
  machineKeys: MachineKeyStore
  scopes: ScopeStore
  sinks: SinkStore
  saved: SavedQueryStore
  trends: TrendStore
  rules: RuleStore
  /**
   * Several writes as one: all or nothing, with the write lock held from the start. Synchronous only, and of
   * all stores but the inventory and the orders.
   */
  write: Write
  /** Throws if the databases cannot be read, or deltas not be stored. */
  check(): Promise<void>
  close(): Promise<void>
}

export type Write = <Result>(work: () => Result) => Result

export interface StoresOptions {
  /** Searches that run at the same time. */
  readerThreads?: number
  /** Pause before a full disk, or a writer that died, is tried again. */
  retryMs?: number
}

/** Fails with DATA_IN_USE while another central holds the folder. */
export async function openStores(dataDir: string, options: StoresOptions = {}): Promise<Stores> {
  const unlock = lockDataFolder(dataDir)
  try {
    return await storesOver(dataDir, unlock, options)
  } catch (error) {
    unlock()
    throw error
  }
}

async function storesOver(
  dataDir: string,
  unlock: () => void,
  options: StoresOptions,
): Promise<Stores> {
  const file = join(dataDir, INVENTORY_FILE)
  const ordersFile = join(dataDir, ORDERS_FILE)
  const db = openDatabase(dataDir, file, ordersFile)
  let inventory: InventoryEngine | undefined
  let orders: OrderStore | undefined
  try {
    checkInventoryIsThere(db, file)
    checkOrdersAreThere(db, ordersFile)
    inventory = await openSqliteEngine({ file, ...options })
    pairWithInventory(db, file)
    pairWithOrders(db, ordersFile)
    const machines = createMachineStore(db)
    // One that enrolled just before a crash may be missing there.
    await inventory.putMachines(machines.listKnown())
    orders = await openOrderStore({ file: ordersFile, retryMs: options.retryMs })
    return withCare(db, machines, inventory, orders, unlock)
  } catch (error) {
    await orders?.close()
    await inventory?.close()
    db.close()
    throw error
  }
}

function withCare(
  db: Database,
  machines: MachineStore,
  inventory: InventoryEngine,
  orders: OrderStore,
  unlock: () => void,
): Stores {
  return {
    machines,
    inventory,
    orders,
    orderPolicy: createOrderPolicyStore(db),
    enrolments: createEnrolmentStore(db),
    pending: createPendingStore(db),
    users: createUserStore(db),
    sessions: createSessionStore(db),
    tokens: createTokenStore(db),
    factors: createFactorStore(db),
    audit: createAuditStore(db),
    live: createLiveStore(db),
    machineCare: createMachineCareStore(db),
    machineKeys: createMachineKeyStore(db),
    scopes: createScopeStore(db),
    sinks: createSinkStore(db),
    saved: createSavedQueryStore(db),
    trends: createTrendStore(db),
    rules: createRuleStore(db),
    // The stores' own transactions become savepoints of this one.
    write: (work) => db.transaction(work).immediate(),
    check: async () => {
      machines.count()
      await inventory.ping()
    },
    close: async () => {
      await orders.close()
      await inventory.close()
      closeDatabase(db)
      unlock()
    },
  }
}
