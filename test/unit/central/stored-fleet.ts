/** Real stores in a folder of their own, with machines to put streams on. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openStores, type Stores } from '../../../server/central/store/stores.ts'
import type { MachineId } from '../../../server/protocol/ids.ts'
import type { InventoryDelta } from '../../../server/protocol/link-frames.ts'

export function tempDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'sidestream-store-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  return dataDir
}

/** Closed when the test ends. */
export async function openTestStores(): Promise<Stores> {
  const stores = await openStores(tempDataDir())
  onTestFinished(() => stores.close())
  return stores
}

export async function addMachine(
  stores: Stores,
  hostname: string,
  now = 1_000,
): Promise<MachineId> {
  const tokenHash = randomBytes(32)
  const gives = { labels: [], approval: 'automatic', takesBack: false } as const
  const enrolment = { tokenHash, createdBy: 'admin', expiresAt: now + 1, uses: 1, ...gives }
  stores.enrolments.add(enrolment, now)
  const { enrolmentNo } = stores.enrolments.use(tokenHash, now)!
  const machineId = randomUUID() as string as MachineId
  const facts = { platform: 'win32', osRelease: '10', architecture: 'x64', agentVersion: '0.1.0' }
  const publicKey = randomBytes(44)
  stores.machines.add({ machineId, publicKey, enrolmentNo, facts: { hostname, ...facts } }, now)
  await stores.inventory.putMachines([stores.machines.findKnown(machineId)!])
  return machineId
}

export function delta(changes: Partial<InventoryDelta>): InventoryDelta {
  return { type: 'inventory.delta', sequence: 1, resync: null, upserts: [], gone: [], ...changes }
}
