/** The store of orders: every operation in every state, and what a crash leaves. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { OrdersNotice } from '../../../server/central/store/order-store.ts'
import { ALLOWED } from '../../../server/central/store/orders/changes.ts'
import { openStores, type Stores } from '../../../server/central/store/stores.ts'
import type { OrderState } from '../../../server/protocol/api/orders.ts'
import type { MachineId, OrderId, PreviewId } from '../../../server/protocol/ids.ts'
import type { Receipt } from '../../../server/protocol/order.ts'
import { streams } from '../../integration/central/test-agent.ts'
import { addMachine, delta, openTestStores, tempDataDir } from './stored-fleet.ts'

const NOW = 1_000_000
const START = { orderNo: 0, targetNo: 0 }

async function machineWithMarks(stores: Stores, count: number): Promise<MachineId> {
  const machineId = await addMachine(stores, `PC-${randomUUID()}`)
  await stores.inventory.apply(machineId, delta({ upserts: streams(count) }), NOW)
  const volumes = [...new Set(streams(count).map(({ volumeId }) => volumeId))]
  const scanned = volumes.map((volumeId) => ({ volumeId, isWritable: true, confirmedAt: NOW }))
  await stores.inventory.setVolumes(machineId, scanned)
  return machineId
}

async function frozen(stores: Stores, machineId: MachineId): Promise<PreviewId> {
  const { streams: found } = await stores.inventory.machineStreams(machineId, 'live', { limit: 99 })
  const streamIds = found.map(({ streamId }) => streamId)
  const selection = await stores.inventory.selectTargets({ streamIds }, 'strip', 99)
  const previewId = randomUUID() as string as PreviewId
  const head = { previewId, action: 'strip', origin: null, query: null, createdBy: 'anna' } as const
  const source = { kind: 'streams', selection } as const
  await stores.orders.freeze({ ...head, expiresAt: NOW + 9_000 }, source, NOW)
  return previewId
}

interface Wanted {
  canaryMachines?: number
  approvalNeeded?: string | null
  stopAtFailedPercent?: number | null
}

async function ordered(
  stores: Stores,
  previewId: PreviewId,
  wanted: Wanted = {},
): Promise<OrderId> {
  const orderId = randomUUID() as string as OrderId
  const { targetCount } = await stores.orders.findPreview(previewId)
  const { canaryMachines = 0, approvalNeeded = null, stopAtFailedPercent = null } = wanted
  const plan = { canaryMachines, rampPercent: [], stopAtFailedPercent }
  const order = { orderId, previewId, confirmCount: targetCount, createdBy: 'anna', reason: 'why' }
  const more = {
    writers: [],
    expiresAt: NOW + 5_000,
    plan,
    approvalNeeded,
    undoes: null,
    retries: null,
  }
  await stores.orders.create({ ...order, ...more }, NOW)
  return orderId
}

const deed = { actor: 'bert', reason: 'because', now: NOW + 1 }

/** Sends all of it and stores receipts. */
async function answered(
  stores: Stores,
  machineId: MachineId,
  orderId: OrderId,
  outcome: Receipt['outcome'] = 'done',
): Promise<void> {
  const batch = (await stores.orders.takeBatch(machineId, START, 50))!
  const receipts = batch.targets.map(({ targetId }) => ({
    ...{ targetId, outcome, reason: 'so' },
    at: '2026-11-22T12:00:00Z',
  }))
  await stores.orders.addReceipts(machineId, orderId, receipts, NOW + 2)
}

/** An order of two targets in the wanted state. */
async function orderIn(stores: Stores, state: OrderState): Promise<OrderId> {
  const machineId = await machineWithMarks(stores, 2)
  const isWaiting = state === 'awaiting-approval' || state === 'rejected'
  const orderId = await ordered(stores, await frozen(stores, machineId), {
    canaryMachines: state === 'canary' ? 1 : 0,
    approvalNeeded: isWaiting ? 'it is large' : null,
  })
  if (state === 'paused') await stores.orders.pause(orderId, deed)
  if (state === 'cancelled') await stores.orders.cancel(orderId, deed)
  if (state === 'rejected') await stores.orders.reject(orderId, deed)
  if (state === 'expired') await stores.orders.tick(NOW + 6_000)
  if (state === 'finished') await answered(stores, machineId, orderId)
  expect((await stores.orders.find(orderId))!.state).toBe(state)
  return orderId
}

const STATES = [
  'awaiting-approval',
  'canary',
  'running',
  'paused',
  'finished',
  'cancelled',
  'rejected',
  'expired',
] as const satisfies readonly OrderState[]

const AFTER = {
  approve: 'running',
  reject: 'rejected',
  pause: 'paused',
  resume: 'running',
  cancel: 'cancelled',
} as const

describe('an operation', () => {
  it('is done in the states that allow it, and refused with their name in all others', async () => {
    const stores = await openTestStores()
    for (const state of STATES) {
      for (const operation of Object.keys(ALLOWED) as (keyof typeof ALLOWED)[]) {
        const orderId = await orderIn(stores, state)
        const done = stores.orders[operation](orderId, deed)
        if ((ALLOWED[operation] as readonly OrderState[]).includes(state)) {
          await done
          expect((await stores.orders.find(orderId))!.state).toBe(AFTER[operation])
        } else {
          await expect(done).rejects.toMatchObject({ code: 'ORDER_STATE', details: { state } })
          expect((await stores.orders.find(orderId))!.state).toBe(state)
        }
      }
    }
  })

  it('sends something only of an order that is out, and again only what is not paused', async () => {
    const stores = await openTestStores()
    for (const state of STATES) {
      const machineId = await machineWithMarks(stores, 2)
      const orderId = await ordered(stores, await frozen(stores, machineId), {
        approvalNeeded: state === 'awaiting-approval' || state === 'rejected' ? 'large' : null,
      })
      const sent = await stores.orders.takeBatch(machineId, START, 1)
      if (state === 'paused') await stores.orders.pause(orderId, deed)
      if (state === 'cancelled') await stores.orders.cancel(orderId, deed)
      if (state === 'rejected') await stores.orders.reject(orderId, deed)
      if (state === 'expired') await stores.orders.tick(NOW + 6_000)
      const again = await stores.orders.takeBatch(machineId, START, 50)
      const counted = again?.targets.length ?? 0
      const expected = { running: 2, canary: 2, finished: 2, cancelled: 1, expired: 1 }
      expect([state, counted]).toEqual([state, expected[state as 'running'] ?? 0])
      if (counted > 0) expect(again!.targets[0]).toEqual(sent!.targets[0])
    }
  })
})

describe('a frozen list', () => {
  it('becomes one order, with exactly what was believed, and not beside another for the same', async () => {
    const stores = await openTestStores()
    const machineId = await machineWithMarks(stores, 3)
    const [first, second] = [await frozen(stores, machineId), await frozen(stores, machineId)]
    const { digest, summary, targetCount } = await stores.orders.findPreview(first)
    expect([targetCount, summary.byVerdict]).toEqual([3, [{ value: 'mark', count: 3 }]])
    expect(digest).toBe((await stores.orders.findPreview(second)).digest)
    await ordered(stores, first)
    await expect(ordered(stores, first)).rejects.toMatchObject({ code: 'PREVIEW_USED' })
    await expect(ordered(stores, second)).rejects.toMatchObject({ code: 'PREVIEW_STALE' })
    const third = await stores.orders.findPreview(await frozen(stores, machineId))
    expect(third.targetCount).toBe(0)
    expect(third.summary.excluded).toMatchObject([{ count: 3 }])
  })

  it('leaves out what changed while it was counted', async () => {
    const stores = await openTestStores()
    const machineId = await machineWithMarks(stores, 3)
    const { streams: found } = await stores.inventory.machineStreams(machineId, 'live', {
      limit: 9,
    })
    const streamIds = found.map(({ streamId }) => streamId)
    const selection = await stores.inventory.selectTargets({ streamIds }, 'strip', 99)
    const changed = { ...streams(3)[1]!, sizeBytes: 7 }
    await stores.inventory.apply(machineId, delta({ sequence: 2, upserts: [changed] }), NOW)
    const previewId = randomUUID() as string as PreviewId
    const head = { previewId, action: 'strip', origin: null, query: null, createdBy: 'a' } as const
    const source = { kind: 'streams', selection } as const
    await stores.orders.freeze({ ...head, expiresAt: NOW + 9 }, source, NOW)
    const { targets } = await stores.orders.previewTargets(previewId, { limit: 9 })
    expect(targets.map(({ path }) => path)).toEqual([streams(3)[0]!.path, streams(3)[2]!.path])
    const { summary, targetCount } = await stores.orders.findPreview(previewId)
    expect([targetCount, summary.excluded.length]).toEqual([2, 1])
    expect(summary.excluded[0]!.reason).toMatch(/^changed/)
  })

  it('is forgotten when its time is over, if it has not become an order', async () => {
    const stores = await openTestStores()
    const machineId = await machineWithMarks(stores, 2)
    const [used, unused] = [await frozen(stores, machineId), await frozen(stores, machineId)]
    const orderId = await ordered(stores, used)
    while (await stores.orders.tick(NOW + 10_000));
    await expect(stores.orders.findPreview(unused)).rejects.toMatchObject({
      code: 'PREVIEW_NOT_FOUND',
    })
    const { targets } = await stores.orders.targetPage(orderId, 'expired', { limit: 9 })
    expect(targets).toHaveLength(2)
  })
})

describe('what the audit log has to be told', () => {
  it('is handed over until it is acknowledged, also after a restart', async () => {
    const dataDir = tempDataDir()
    const stores = await openStores(dataDir)
    const machineId = await machineWithMarks(stores, 1)
    const orderId = await ordered(stores, await frozen(stores, machineId))
    await stores.close()
    const again = await openStores(dataDir)
    const told: OrdersNotice[] = []
    again.orders.listen((notice) => told.push(notice))
    const events = told.flatMap(({ audits }) => audits)
    expect(events.map(({ action }) => action)).toEqual(['order.previewed', 'order.created'])
    expect(events[1]).toMatchObject({ actor: 'anna', subject: orderId, details: { reason: 'why' } })
    await again.orders.acknowledge(events[1]!.eventNo)
    await again.close()
    const last = await openStores(dataDir)
    last.orders.listen(({ audits }) => expect(audits).toEqual([]))
    await last.close()
  })
})
