/** A data folder of central with a made-up fleet in it: the bulk-built inventory, and a central that knows its machines. */
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { createEnrolmentStore } from '../../../server/central/store/enrolment-store.ts'
import { INVENTORY_FILE } from '../../../server/central/store/inventory/open-inventory.ts'
import { createMachineStore } from '../../../server/central/store/machine-store.ts'
import { closeDatabase, openDatabase } from '../../../server/central/store/open-database.ts'
import { ORDERS_FILE } from '../../../server/central/store/orders/open-orders.ts'
import type { MachineId } from '../../../server/protocol/ids.ts'
import { benchFolder } from '../lib/report.ts'
import { buildStore, fleetOf, machinesOf, type StoreSize } from '../search/build-store.ts'

/** The inventory is built once and kept; each run gets a copy. */
export function fillDataFolder(dataDir: string, size: StoreSize): void {
  const kept = join(benchFolder, `search-${size.streams}.sqlite`)
  if (!existsSync(kept)) {
    mkdirSync(benchFolder, { recursive: true })
    const unfinished = `${kept}.unfinished`
    buildStore(unfinished, size)
    renameSync(unfinished, kept)
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, INVENTORY_FILE)
  const db = openDatabase(dataDir, file, join(dataDir, ORDERS_FILE))
  try {
    const enrolments = createEnrolmentStore(db)
    const machines = createMachineStore(db)
    const tokenHash = Buffer.alloc(32, 1)
    const uses = machinesOf(size)
    db.transaction(() => {
      const rights = { labels: [], approval: 'automatic', takesBack: false } as const
      const expiresAt = Date.now() + 60_000
      enrolments.add({ tokenHash, createdBy: 'admin', expiresAt, uses, ...rights }, 1)
      const fleet = fleetOf(size)
      for (let index = 0; index < uses; index += 1) {
        const { enrolmentNo } = enrolments.use(tokenHash, Date.now())!
        const machineId = fleet.machineId(index) as MachineId
        const publicKey = Buffer.alloc(44, index)
        machines.add({ machineId, publicKey, enrolmentNo, facts: fleet.facts(index) }, Date.now())
      }
    })()
  } finally {
    closeDatabase(db)
  }
  copyFileSync(kept, file)
}
