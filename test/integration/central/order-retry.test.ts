/** What an order that is tried again must go through: the same as a new one, and out in the same way. */
import { describe, expect, it } from 'vitest'
import type { Order } from '../../../server/protocol/api/orders.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import { disconnected, machineWithMarks, receipt, receiptsFor, targetsOf } from './order-making.ts'

const PASSWORD = 'another long password'
const LARGE = { secondPersonAbove: 1, secondPersonFor: { actions: [], verdicts: [] } }
const MARKS = { secondPersonAbove: null, secondPersonFor: { actions: [], verdicts: ['mark'] } }

async function anApprover(fleet: Fleet) {
  await fleet.post('/users', { username: 'anna', password: PASSWORD, role: 'approver' })
  const { headers } = await fleet.post('/session', { username: 'anna', password: PASSWORD })
  const cookie = headers.getSetCookie()[0]!.split(';')[0]!
  return (path: string, body: object) => fleet.call('POST', `/api/v1${path}`, body, { cookie })
}

async function orderOf(fleet: Fleet, ids: number[], plan?: object): Promise<Order> {
  const { previewId } = await fleet.preview({ action: 'strip', selection: { streamIds: ids } })
  const planned = plan === undefined ? {} : { plan }
  const request = { previewId, confirmCount: ids.length, reason: 'our own installer', ...planned }
  const { status, body } = await fleet.post('/orders', request)
  expect([status, body.code]).toEqual([201, undefined])
  return body
}

async function retried(fleet: Fleet, orderId: string, retry: object): Promise<Order> {
  const { status, body } = await fleet.post(`/orders/${orderId}/retry`, {
    reason: 'once more',
    ...retry,
  })
  expect([status, body.code]).toEqual([201, undefined])
  return body
}

const inState = (fleet: Fleet, orderId: string, state: string) =>
  until(async () => {
    const { body } = await fleet.get(`/orders/${orderId}`)
    return body.state === state ? (body as Order) : undefined
  })

const put = async (fleet: Fleet, policy: object) =>
  expect((await fleet.call('PUT', '/api/v1/orders/policy', policy)).status).toBe(200)

/** How an order ends that nobody approved, and what its targets are then. */
const ENDINGS = {
  rejected: {
    rest: 'cancelled',
    end: async (fleet: Fleet, orderId: string) => {
      const approver = await anApprover(fleet)
      await approver(`/orders/${orderId}/reject`, { reason: 'not on a Friday' })
    },
  },
  cancelled: {
    rest: 'cancelled',
    end: async (fleet: Fleet, orderId: string) => {
      await fleet.post(`/orders/${orderId}/cancel`, { reason: 'nobody looks at it' })
    },
  },
  expired: {
    rest: 'expired',
    end: async (fleet: Fleet, orderId: string) => {
      fleet.clock.moveBy(61_000)
      await inState(fleet, orderId, 'expired')
    },
  },
} as const

describe('a retry of an order that nobody approved', () => {
  for (const [state, { rest, end }] of Object.entries(ENDINGS)) {
    it(`and that is ${state} waits for a second person as it did`, async () => {
      const fleet = await openFleet()
      await put(fleet, LARGE)
      const { agent, ids } = await machineWithMarks(fleet, 2)
      agent.answer = receiptsFor
      const expiresAt = new Date(fleet.clock.now() + 60_000).toISOString()
      const { orderId } = await orderOf(fleet, ids, { expiresAt })
      await end(fleet, orderId)
      await inState(fleet, orderId, state)
      const again = await retried(fleet, orderId, { states: [rest], confirmCount: 2 })
      expect(again).toMatchObject({
        state: 'awaiting-approval',
        counts: { queued: 2 },
        approval: { neededBecause: expect.stringContaining('more than 1') },
      })
      const approve = `/orders/${again.orderId}/approve`
      const approval = { confirmCount: 2, reason: 'now it may' }
      expect((await fleet.post(approve, approval)).body.code).toBe('OWN_ORDER')
      await agent.report([])
      expect(agent.requests).toEqual([])
      const approver = await anApprover(fleet)
      await approver(approve, approval)
      expect((await fleet.finished(again.orderId)).counts).toEqual({ done: 2 })
    })
  }

  it('waits for what it names as well, however often it is tried again', async () => {
    const fleet = await openFleet()
    await put(fleet, MARKS)
    const { agent, ids } = await machineWithMarks(fleet, 1)
    agent.answer = receiptsFor
    let { orderId } = await orderOf(fleet, ids)
    for (const _ of [1, 2]) {
      await fleet.post(`/orders/${orderId}/cancel`, {})
      const again = await retried(fleet, orderId, { states: ['cancelled'], confirmCount: 1 })
      expect(again).toMatchObject({
        state: 'awaiting-approval',
        approval: { neededBecause: 'it names streams that are mark' },
      })
      orderId = again.orderId
    }
    expect(agent.requests).toEqual([])
  })

  it('waits where it needed nobody then, and does by now', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 2)
    await disconnected(fleet, agent)
    const { orderId } = await orderOf(fleet, ids)
    await fleet.post(`/orders/${orderId}/cancel`, {})
    await put(fleet, LARGE)
    const again = await retried(fleet, orderId, { states: ['cancelled'], confirmCount: 2 })
    expect(again.state).toBe('awaiting-approval')
  })
})

describe('a retry of an order that somebody approved', () => {
  it('goes out at once, and so does a retry of that', async () => {
    const fleet = await openFleet()
    await put(fleet, LARGE)
    const { agent, ids } = await machineWithMarks(fleet, 2)
    agent.answer = (request) => receiptsFor(request, 'failed')
    let { orderId } = await orderOf(fleet, ids)
    const approver = await anApprover(fleet)
    await approver(`/orders/${orderId}/approve`, { confirmCount: 2, reason: 'looks right' })
    for (const _ of [1, 2]) {
      await fleet.finished(orderId)
      const again = await retried(fleet, orderId, { confirmCount: 2 })
      expect(again.approval.neededBecause).toBe(null)
      orderId = again.orderId
    }
    expect((await fleet.finished(orderId)).counts).toEqual({ failed: 2 })
  })
})

describe('a retry', () => {
  it('goes out by the plan of the order that it tries again, or by one that it brings', async () => {
    const fleet = await openFleet()
    const machines: Awaited<ReturnType<typeof machineWithMarks>>[] = []
    for (const name of ['A', 'B', 'C']) machines.push(await machineWithMarks(fleet, 2, name))
    for (const { agent } of machines) agent.answer = (request) => receiptsFor(request, 'failed')
    const plan = { canaryMachines: 1, rampPercent: [50], stopAtFailedPercent: 10 }
    const ids = machines.flatMap((machine) => machine.ids)
    const { orderId } = await orderOf(fleet, ids, plan)
    await inState(fleet, orderId, 'paused')
    await fleet.post(`/orders/${orderId}/cancel`, {})
    const states = ['failed', 'cancelled']
    const again = await retried(fleet, orderId, { states, confirmCount: 6 })
    expect(again.plan).toEqual(plan)
    const paused = await inState(fleet, again.orderId, 'paused')
    expect([paused.paused!.by, paused.counts]).toEqual(['central', { failed: 2, queued: 4 }])

    await fleet.post(`/orders/${again.orderId}/cancel`, {})
    const atOnce = { canaryMachines: 0, rampPercent: [], stopAtFailedPercent: null }
    const more = { states, confirmCount: 6, plan: atOnce }
    const third = await retried(fleet, again.orderId, more)
    expect(third.plan).toEqual(atOnce)
    expect((await fleet.finished(third.orderId)).counts).toEqual({ failed: 6 })
  })

  it('names what was refused where it is asked to, as what a full minute kept out', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 3)
    const reason = 'targetsPerMinute allows 1 in a minute, and they are used up'
    agent.answer = (request) => {
      const receipts = targetsOf(request).map((target, n) =>
        n === 0 ? receipt(target) : receipt(target, 'refused', reason),
      )
      return { status: 200, body: { receipts } }
    }
    const { orderId } = await orderOf(fleet, ids)
    const { counts, retryableCount } = await fleet.finished(orderId)
    expect([counts, retryableCount]).toEqual([{ done: 1, refused: 2 }, 0])
    const unasked = { confirmCount: 2, reason: 'once more' }
    const refusal = (await fleet.post(`/orders/${orderId}/retry`, unasked)).body
    expect([refusal.code, refusal.details]).toEqual(['COUNT_MISMATCH', { targetCount: 0 }])
    agent.answer = receiptsFor
    const again = await retried(fleet, orderId, { states: ['refused'], confirmCount: 2 })
    expect((await fleet.finished(again.orderId)).counts).toEqual({ done: 2 })
  })
})
