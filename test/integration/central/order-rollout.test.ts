/** Orders on their way: approval, canary, pause, expiry, retry, undo, over real links. */
import { describe, expect, it } from 'vitest'
import type { Order } from '../../../server/protocol/api/orders.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import {
  disconnected,
  machineWithMarks,
  receipt,
  receiptsFor,
  targetRows,
  targetsOf,
} from './order-making.ts'

const reason = 'our own installer'
const PASSWORD = 'another long password'

async function signedIn(fleet: Fleet, username: string, role: string) {
  await fleet.post('/users', { username, password: PASSWORD, role })
  const { headers } = await fleet.post('/session', { username, password: PASSWORD })
  const cookie = headers.getSetCookie()[0]!.split(';')[0]!
  return (path: string, body: object) => fleet.call('POST', `/api/v1${path}`, body, { cookie })
}

async function orderOf(fleet: Fleet, ids: number[], plan: object = {}): Promise<Order> {
  const { previewId } = await fleet.preview({ action: 'strip', selection: { streamIds: ids } })
  const whole = { canaryMachines: 0, rampPercent: [], stopAtFailedPercent: null, ...plan }
  const request = { previewId, confirmCount: ids.length, reason, plan: whole }
  const { status, body } = await fleet.post('/orders', request)
  expect([status, body.code]).toEqual([201, undefined])
  return body
}

const stateOf = async (fleet: Fleet, orderId: string): Promise<Order> =>
  (await fleet.get(`/orders/${orderId}`)).body

const inState = (fleet: Fleet, orderId: string, state: string) =>
  until(async () => {
    const order = await stateOf(fleet, orderId)
    return order.state === state ? order : undefined
  })

const actionsOf = async (fleet: Fleet): Promise<string[]> =>
  (await fleet.get('/audit?limit=100')).body.entries
    .map(({ action }: { action: string }) => action)
    .filter((action: string) => action.startsWith('order'))
    .reverse()

describe('an order that needs a second person', () => {
  it('waits for one that is not its author, by whatever way the author comes', async () => {
    const fleet = await openFleet()
    const policy = { secondPersonAbove: 1, secondPersonFor: { actions: [], verdicts: [] } }
    expect((await fleet.call('PUT', '/api/v1/orders/policy', policy)).status).toBe(200)
    const { agent, ids } = await machineWithMarks(fleet, 2)
    agent.answer = receiptsFor
    const { orderId, state, approval } = await orderOf(fleet, ids)
    expect([state, approval.neededBecause]).toMatchObject([
      'awaiting-approval',
      expect.stringContaining('more than 1'),
    ])
    const body = { confirmCount: 2, reason }
    const approve = `/orders/${orderId}/approve`
    expect((await fleet.post(approve, body)).body.code).toBe('OWN_ORDER')
    const wanted = { name: 'own', permissions: ['orders.approve'] }
    const { secret } = (await fleet.post('/tokens', wanted)).body
    const headers = { authorization: `Bearer ${secret}`, cookie: '' }
    const byToken = await fleet.call('POST', `/api/v1${approve}`, body, headers)
    expect(byToken.body.code).toBe('OWN_ORDER')
    const operator = await signedIn(fleet, 'olga', 'operator')
    expect((await operator(approve, body)).body.code).toBe('NOT_PERMITTED')
    const approver = await signedIn(fleet, 'anna', 'approver')
    expect((await approver(approve, { ...body, confirmCount: 3 })).body.code).toBe('COUNT_MISMATCH')
    expect(agent.requests).toEqual([])
    expect((await approver(approve, body)).body).toMatchObject({ approval: { by: 'anna', reason } })
    expect((await fleet.finished(orderId)).counts).toEqual({ done: 2 })
    expect((await approver(approve, body)).body).toMatchObject({
      code: 'ORDER_STATE',
      details: { state: 'finished' },
    })
    expect(await actionsOf(fleet)).toEqual([
      'order-policy.changed',
      'order.previewed',
      'order.created',
      'order.approved',
      'order.finished',
    ])
  })

  it('is over when it is rejected, and nothing was sent', async () => {
    const fleet = await openFleet()
    const secondPersonFor = { actions: ['strip'], verdicts: [] }
    await fleet.call('PUT', '/api/v1/orders/policy', { secondPersonAbove: null, secondPersonFor })
    const { agent, ids } = await machineWithMarks(fleet, 2)
    const { orderId } = await orderOf(fleet, ids)
    const approver = await signedIn(fleet, 'anna', 'approver')
    const { body } = await approver(`/orders/${orderId}/reject`, { reason: 'not on a Friday' })
    expect(body).toMatchObject({
      state: 'rejected',
      counts: { cancelled: 2 },
      approval: { by: 'anna', reason: 'not on a Friday' },
    })
    expect(body.finishedAt).not.toBe(null)
    expect(agent.requests).toEqual([])
  })
})

describe('a canary', () => {
  it('that fails stops the order, with a reason; resumed, it goes on to the others', async () => {
    const fleet = await openFleet()
    const machines: Awaited<ReturnType<typeof machineWithMarks>>[] = []
    for (const name of ['A', 'B', 'C']) machines.push(await machineWithMarks(fleet, 2, name))
    for (const { agent } of machines) agent.answer = (request) => receiptsFor(request, 'failed')
    const { orderId, state } = await orderOf(
      fleet,
      machines.flatMap(({ ids }) => ids),
      { canaryMachines: 1, stopAtFailedPercent: 10 },
    )
    expect(state).toBe('canary')
    const paused = await inState(fleet, orderId, 'paused')
    expect(paused.paused).toMatchObject({
      by: 'central',
      reason: expect.stringContaining('100.0 % of 2 receipts'),
    })
    expect(paused.counts).toEqual({ failed: 2, queued: 4 })
    const asked = () => machines.filter(({ agent }) => agent.requests.length > 0).length
    expect(asked()).toBe(1)
    for (const { agent } of machines) agent.answer = receiptsFor
    const resumed = await fleet.post(`/orders/${orderId}/resume`, { reason: 'known machine' })
    expect(resumed.status).toBe(200)
    expect((await fleet.finished(orderId)).counts).toEqual({ failed: 2, done: 4 })
    expect(asked()).toBe(3)
    expect(await actionsOf(fleet)).toEqual([
      'order.previewed',
      'order.created',
      'order.paused',
      'order.resumed',
      'order.finished',
    ])
  })

  it('that is fine lets the next share go, and that one the rest', async () => {
    const fleet = await openFleet({ timing: { orderTimeoutMs: 30_000 } })
    const machines: Awaited<ReturnType<typeof machineWithMarks>>[] = []
    for (const name of ['A', 'B', 'C', 'D']) machines.push(await machineWithMarks(fleet, 1, name))
    const held: (() => void)[] = []
    for (const { agent } of machines) {
      agent.answer = (request) =>
        new Promise((resolve) => held.push(() => resolve(receiptsFor(request))))
    }
    const { orderId } = await orderOf(
      fleet,
      machines.flatMap(({ ids }) => ids),
      { canaryMachines: 1, rampPercent: [50] },
    )
    const step = async (asked: number, wanted: object) => {
      await until(() => held.length === asked)
      // None is asked beside those of the step.
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(held.length).toBe(asked)
      expect(await stateOf(fleet, orderId)).toMatchObject(wanted)
    }
    await step(1, { state: 'canary', progress: { step: 1, stepCount: 3, releasedMachines: 1 } })
    held[0]!()
    await step(2, { state: 'running', progress: { step: 2, stepName: '50 % of the machines' } })
    held[1]!()
    await step(4, { state: 'running', progress: { step: 3, releasedMachines: 4 } })
    for (const answer of held) answer()
    const finished = await fleet.finished(orderId)
    expect(finished).toMatchObject({ state: 'finished', progress: { finishedMachines: 4 } })
  })
})

describe('an order on its way', () => {
  it('sends nothing while it is paused, not even again, and goes on when it is resumed', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 60)
    const { orderId } = await orderOf(fleet, ids)
    await until(() => agent.requests.length > 0)
    const { body } = await fleet.post(`/orders/${orderId}/pause`, { reason: 'wait a moment' })
    expect(body).toMatchObject({ state: 'paused', paused: { by: 'admin' } })
    agent.disconnect()
    agent.answer = receiptsFor
    agent.requests.length = 0
    await agent.connect(fleet.central.url)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(agent.requests).toEqual([])
    await fleet.post(`/orders/${orderId}/resume`, { reason: 'go on' })
    expect((await fleet.finished(orderId)).counts).toEqual({ done: 60 })
  })

  it('expires where a machine did not come in time, and can be tried again for it', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 2)
    await disconnected(fleet, agent)
    const expiresAt = new Date(fleet.clock.now() + 60_000).toISOString()
    const { orderId } = await orderOf(fleet, ids, { expiresAt })
    fleet.clock.moveBy(61_000)
    const expired = await inState(fleet, orderId, 'expired')
    expect([expired.counts, expired.finishedAt === null]).toEqual([{ expired: 2 }, false])
    agent.answer = receiptsFor
    await agent.connect(fleet.central.url)
    await agent.report([])
    expect(agent.requests).toEqual([])
    const retry = { states: ['expired'], confirmCount: 2, reason: 'it is back' }
    const { body } = await fleet.post(`/orders/${orderId}/retry`, retry)
    expect(body).toMatchObject({ retries: orderId, targetCount: 2 })
    expect((await fleet.finished(body.orderId)).counts).toEqual({ done: 2 })
    expect(await actionsOf(fleet)).toContain('order.expired')
  })

  it('is tried again for what failed, and for nothing else, under new ids', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 7)
    const outcomes = ['done', 'gone', 'changed', 'refused', 'failed', 'in-use', 'denied']
    agent.answer = (request) => {
      const receipts = targetsOf(request).map((target, n) => receipt(target, outcomes[n]))
      return { status: 200, body: { receipts } }
    }
    const { orderId } = await orderOf(fleet, ids)
    expect((await fleet.finished(orderId)).retryableCount).toBe(3)
    agent.answer = receiptsFor
    const retry = (confirmCount: number) =>
      fleet.post(`/orders/${orderId}/retry`, { confirmCount, reason: 'once more' })
    expect((await retry(7)).body.code).toBe('COUNT_MISMATCH')
    const { body } = await retry(3)
    expect((await fleet.finished(body.orderId)).counts).toEqual({ done: 3 })
    const before = (await targetRows(fleet, orderId)).slice(4)
    const again = await targetRows(fleet, body.orderId)
    expect(again.map(({ path }) => path)).toEqual(before.map(({ path }) => path))
    const oldIds = before.map(({ targetId }) => targetId)
    expect(again.some(({ targetId }) => oldIds.includes(targetId))).toBe(false)
    expect((await stateOf(fleet, orderId)).retryableCount).toBe(0)
    expect((await retry(3)).body.code).toBe('COUNT_MISMATCH')
    expect(await actionsOf(fleet)).toContain('order.retried')
  })

  it('exports what was frozen and what became of it', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 3)
    agent.answer = receiptsFor
    const { orderId } = await orderOf(fleet, ids)
    await fleet.finished(orderId)
    const { body } = await fleet.get(`/orders/${orderId}/export`)
    const lines = (body as string)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toEqual(await targetRows(fleet, orderId))
    const { machines } = (await fleet.get(`/orders/${orderId}/machines`)).body
    expect(machines).toMatchObject([{ hostname: 'PC-1', isOnline: true, counts: { done: 3 } }])
  })
})

describe('a preview', () => {
  it('of a query freezes all that it finds, says what it is, and can be dropped', async () => {
    const fleet = await openFleet()
    const { ids } = await machineWithMarks(fleet, 30)
    const preview = await fleet.preview({ action: 'strip', selection: { query: 'ext:exe' } })
    expect(preview).toMatchObject({
      state: 'ready',
      query: 'ext:exe',
      targetCount: ids.length,
      totalBytes: ids.length * 120,
      byMachine: [{ hostname: 'PC-1', count: 30 }],
      byVerdict: [{ value: 'mark', count: 30 }],
      byExtension: [{ value: 'exe', count: 30 }],
      byOrigin: [{ value: 'cdn.example.com', count: 30 }],
    })
    expect(preview.digest).toMatch(/^[0-9a-f]{64}$/)
    const path = `/orders/previews/${preview.previewId}`
    const { targets, cursor } = (await fleet.get(`${path}/targets?limit=20`)).body
    expect(targets).toHaveLength(20)
    const rest = (await fleet.get(`${path}/targets?limit=20&cursor=${cursor}`)).body
    expect([rest.targets.length, rest.cursor]).toEqual([10, null])
    expect((await fleet.call('DELETE', `/api/v1${path}`)).status).toBe(204)
    expect((await fleet.get(path)).body.code).toBe('PREVIEW_NOT_FOUND')
    const bad = { action: 'strip', selection: { query: 'zone:' } }
    expect((await fleet.post('/orders/previews', bad)).body.code).toBe('QUERY_INVALID')
  })
})
