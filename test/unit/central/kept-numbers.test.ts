/** Targets are numbers of the inventory's rows: those rows outlive the streams they came from. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkStores } from '../../../server/central/store/check-stores.ts'
import {
  INVENTORY_FILE,
  openToWrite,
} from '../../../server/central/store/inventory/open-inventory.ts'
import { openStores } from '../../../server/central/store/stores.ts'
import type { OrderId, PreviewId } from '../../../server/protocol/ids.ts'
import { streams } from '../../integration/central/test-agent.ts'
import { addMachine, delta, tempDataDir } from './stored-fleet.ts'

const DAY_MS = 86_400_000
const NOW = 1_000_000

/** An order over three streams of one machine, and the folder that it is in. */
async function orderedThree() {
  const dataDir = tempDataDir()
  const stores = await openStores(dataDir)
  const machineId = await addMachine(stores, 'PC-1')
  const upserts = streams(3)
  await stores.inventory.apply(machineId, delta({ upserts }), NOW)
  const volumes = [...new Set(upserts.map(({ volumeId }) => volumeId))]
  await stores.inventory.setVolumes(
    machineId,
    volumes.map((volumeId) => ({ volumeId, isWritable: true, confirmedAt: NOW })),
  )
  const { streams: found } = await stores.inventory.machineStreams(machineId, 'live', { limit: 9 })
  const streamIds = found.map(({ streamId }) => streamId)
  const selection = await stores.inventory.selectTargets({ streamIds }, 'strip', 9)
  const previewId = randomUUID() as string as PreviewId
  const orderId = randomUUID() as string as OrderId
  const head = { previewId, action: 'strip', origin: null, query: null, createdBy: 'anna' } as const
  const expiresAt = NOW + DAY_MS
  await stores.orders.freeze({ ...head, expiresAt }, { kind: 'streams', selection }, NOW)
  const plan = { canaryMachines: 0, rampPercent: [], stopAtFailedPercent: null }
  const why = { reason: 'why', approvalNeeded: null, undoes: null, retries: null }
  const order = {
    orderId,
    previewId,
    confirmCount: 3,
    createdBy: 'anna',
    writers: [],
    expiresAt,
    plan,
  }
  await stores.orders.create({ ...order, ...why }, NOW)
  return { dataDir, stores, machineId, upserts, orderId }
}

describe('what an order names', () => {
  it('is read to the letter when its streams are gone and forgotten', async () => {
    const { dataDir, stores, machineId, upserts, orderId } = await orderedThree()
    const before = await stores.orders.targetPage(orderId, undefined, { limit: 9 })
    const gone = upserts.map(({ volumeId, identity, stream }) => ({ volumeId, identity, stream }))
    await stores.inventory.apply(machineId, delta({ sequence: 2, gone }), NOW + DAY_MS)
    expect(await stores.inventory.prune(NOW + 2 * DAY_MS)).toBe(3)
    const after = await stores.orders.targetPage(orderId, undefined, { limit: 9 })
    expect(after).toEqual(before)
    expect(after.targets.map(({ path }) => path)).toEqual(upserts.map(({ path }) => path))
    await stores.close()
    const checks = [...checkStores(dataDir)]
    expect(checks.flatMap(({ faults }) => faults)).toEqual([])
  })

  it.each([
    'DELETE FROM folder',
    'DELETE FROM file_name',
    'DELETE FROM stream_name',
    'DELETE FROM volume',
    'DELETE FROM machine',
    "UPDATE folder SET path = path || 'x'",
    'UPDATE file_name SET name_no = name_no + 1000',
    "UPDATE machine SET machine_id = machine_id || 'x'",
  ])('cannot be lost to %s', async (sql) => {
    const { dataDir, stores } = await orderedThree()
    await stores.close()
    const db = openToWrite(join(dataDir, INVENTORY_FILE))
    onTestFinished(() => void db.close())
    expect(() => db.exec(sql)).toThrow(/orders name rows of/)
  })
})
