/** Who may approve an order that is tried again, where a rule is behind the first one. */
import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { createOrderService } from '../../../server/central/ordering/order-service.ts'
import type { OrderId, PreviewId } from '../../../server/protocol/ids.ts'
import { streams } from '../../integration/central/test-agent.ts'
import { addMachine, delta, openTestStores } from './stored-fleet.ts'

const NOW = 1_000_000
const clock = { now: () => NOW }
const POLICY = { secondPersonAbove: 0, secondPersonFor: { actions: [], verdicts: [] } }

it('none of those who wrote the rule approves a retry of its order', async () => {
  const stores = await openTestStores()
  const machineId = await addMachine(stores, 'PC-1')
  await stores.inventory.apply(machineId, delta({ upserts: streams(1) }), NOW)
  const volumeId = streams(1)[0]!.volumeId
  const volume = { volumeId, isWritable: true, confirmedAt: NOW }
  await stores.inventory.setVolumes(machineId, [volume])
  const [found] = (await stores.inventory.machineStreams(machineId, 'live', { limit: 9 })).streams
  const selection = await stores.inventory.selectTargets(
    { streamIds: [found!.streamId] },
    'strip',
    9,
  )
  const previewId = randomUUID() as string as PreviewId
  const list = {
    previewId,
    action: 'strip',
    origin: null,
    query: null,
    createdBy: 'rule:1',
  } as const
  const source = { kind: 'streams', selection } as const
  await stores.orders.freeze({ ...list, expiresAt: NOW + 9_000 }, source, NOW)
  const policy = { get: () => POLICY, set: () => POLICY }
  const link = { isOnline: () => false } as never
  const orders = createOrderService({ stores, policy, link, clock })
  const request = { previewId, confirmCount: 1, reason: 'as it says' }
  const { orderId } = await orders.create(request, 'rule:1', ['anna', 'bert'])
  await orders.cancel(orderId as OrderId, {}, 'carl')
  const retry = { states: ['cancelled' as const], confirmCount: 1, reason: 'once more' }
  const again = await orders.retry(orderId as OrderId, retry, 'carl')
  expect([again.state, again.writers]).toEqual(['awaiting-approval', ['anna', 'bert']])
  const approval = { confirmCount: 1, reason: 'looks right' }
  for (const name of ['anna', 'bert', 'carl']) {
    await expect(orders.approve(again.orderId, approval, name)).rejects.toMatchObject({
      code: 'OWN_ORDER',
    })
  }
  expect((await orders.approve(again.orderId, approval, 'dora')).state).toBe('running')
})
