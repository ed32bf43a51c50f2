/** All stores over one open database. Services get these interfaces and never see the database. */
import { type AuditStore, createAuditStore } from './audit-store.ts'
import { lockDataFolder } from './data-lock.ts'
import { createEnrolmentStore, type EnrolmentStore } from './enrolment-store.ts'
import { createInventoryStore, type InventoryStore } from './inventory-store.ts'
import { createLiveStore, type LiveStore } from './live-store.ts'
import { createMachineCareStore, type MachineCareStore } from './machine-care-store.ts'
import { createMachineStore, type MachineStore } from './machine-store.ts'
import { closeDatabase, openDatabase } from './open-database.ts'
import { createOrderStore, type OrderStore } from './order-store.ts'
import { createSavedQueryStore, type SavedQueryStore } from './saved-query-store.ts'
import { createSessionStore, type SessionStore } from './session-store.ts'
import { createSinkStore, type SinkStore } from './sink-store.ts'
import { createStreamStore, type StreamStore } from './stream-store.ts'

export interface Stores {
  machines: MachineStore
  inventory: InventoryStore
  streams: StreamStore
  orders: OrderStore
  enrolments: EnrolmentStore
  sessions: SessionStore
  audit: AuditStore
  live: LiveStore
  machineCare: MachineCareStore
  sinks: SinkStore
  saved: SavedQueryStore
  /** Several writes as one: all or nothing, with the write lock held from the start. Synchronous only. */
  write: Write
  /** Throws if the database cannot be read. */
  check(): void
  close(): void
}

export type Write = <Result>(work: () => Result) => Result

/** Fails with DATA_IN_USE while another central holds the folder. */
export function openStores(dataDir: string): Stores {
  const unlock = lockDataFolder(dataDir)
  try {
    return storesOver(openDatabase(dataDir), unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

function storesOver(db: ReturnType<typeof openDatabase>, unlock: () => void): Stores {
  const check = db.prepare('SELECT count(*) FROM machine')
  return {
    machines: createMachineStore(db),
    inventory: createInventoryStore(db),
    streams: createStreamStore(db),
    orders: createOrderStore(db),
    enrolments: createEnrolmentStore(db),
    sessions: createSessionStore(db),
    audit: createAuditStore(db),
    live: createLiveStore(db),
    machineCare: createMachineCareStore(db),
    sinks: createSinkStore(db),
    saved: createSavedQueryStore(db),
    // The stores' own transactions become savepoints of this one.
    write: (work) => db.transaction(work).immediate(),
    check: () => void check.get(),
    close: () => {
      closeDatabase(db)
      unlock()
    },
  }
}
