/** A data folder of a central with a made-up fleet that has enrolled and reported, and whose keys are known. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createEnrolmentStore } from '../../../server/central/store/enrolment-store.ts'
import { INVENTORY_FILE } from '../../../server/central/store/inventory/open-inventory.ts'
import { createMachineStore } from '../../../server/central/store/machine-store.ts'
import { closeDatabase, openDatabase } from '../../../server/central/store/open-database.ts'
import { ORDERS_FILE } from '../../../server/central/store/orders/open-orders.ts'
import type { MachineId } from '../../../server/protocol/ids.ts'
import type { MachineFacts } from '../../../server/protocol/link-frames.ts'
import { buildStore, fleetOf, machinesOf, type StoreSize } from '../search/build-store.ts'

export interface FilledMachine {
  readonly machineId: MachineId
  readonly facts: MachineFacts
  /** PKCS#8 PEM. */
  readonly privateKey: string
}

export function fillData(dataDir: string, size: StoreSize): { machines: FilledMachine[] } {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const inventoryFile = join(dataDir, INVENTORY_FILE)
  const fleet = fleetOf(size)
  const count = machinesOf(size)
  const db = openDatabase(dataDir, inventoryFile, join(dataDir, ORDERS_FILE))
  const machines: FilledMachine[] = []
  try {
    const enrolments = createEnrolmentStore(db)
    const store = createMachineStore(db)
    const now = Date.now()
    const tokenHash = Buffer.alloc(32, 1)
    const rights = { labels: [], approval: 'automatic', takesBack: false } as const
    const head = { tokenHash, createdBy: 'bench', expiresAt: now + 1_000, uses: count }
    enrolments.add({ ...head, ...rights }, now)
    const { enrolmentNo } = enrolments.use(tokenHash, now)!
    db.transaction(() => {
      for (let index = 0; index < count; index++) {
        const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
          publicKeyEncoding: { type: 'spki', format: 'der' },
          privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        })
        const machineId = fleet.machineId(index) as MachineId
        const facts = fleet.facts(index)
        store.add({ machineId, publicKey, enrolmentNo, facts }, now)
        machines.push({ machineId, facts, privateKey })
      }
    })()
  } finally {
    closeDatabase(db)
  }
  buildStore(inventoryFile, size)
  return { machines }
}
