/** What the audit log says of an order's end, and how anybody proves it from an export. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Fleet, openFleet, until } from './fleet.ts'
import { disconnected, machineWithMarks, receipt, receiptsFor, targetsOf } from './order-making.ts'

interface ExportedTarget {
  targetId: string
  state: string
  reason: string
  at: string | null
}

const exportedTargets = async (fleet: Fleet, orderId: string): Promise<ExportedTarget[]> =>
  ((await fleet.get(`/orders/${orderId}/export`)).body as string)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** As server/central/audit/README.md says. */
function digestOf(targets: readonly ExportedTarget[]): string {
  const hash = createHash('sha256')
  for (const { targetId, state, reason, at } of targets) {
    if (at !== null) hash.update(`${JSON.stringify([targetId, state, reason, at])}\n`)
  }
  return hash.digest('hex')
}

const endOf = (fleet: Fleet, orderId: string) =>
  until(async () => {
    const { entries } = (await fleet.get('/audit?limit=100')).body
    return entries.find(
      ({ action, subject }: { action: string; subject: string }) =>
        action === 'order.finished' && subject === orderId,
    )
  })

describe('the record of an order’s end', () => {
  it('has a digest of its receipts, which the export proves to the letter', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 60, 'A')
    const other = await machineWithMarks(fleet, 3, 'B')
    const odd = ['', 'said "no" \\ twice\nand\tonce\r\b\f', 'ümläut 😀 \u2028 \u0000\u001f\u007f']
    agent.answer = (request) => {
      const receipts = targetsOf(request).map((target, n) =>
        receipt(target, n % 2 === 0 ? 'done' : 'denied', odd[n % odd.length]),
      )
      return { status: 200, body: { receipts: receipts.reverse() } }
    }
    other.agent.answer = receiptsFor
    const { body: order } = await fleet.order([...ids, ...other.ids])
    await fleet.finished(order.orderId)
    const { details } = await endOf(fleet, order.orderId)
    expect(details).toMatchObject({ targetCount: 63, counts: { done: 33, denied: 30 } })
    const targets = await exportedTargets(fleet, order.orderId)
    expect(new Set(targets.map(({ reason }) => reason))).toEqual(
      new Set([...odd, 'removed and verified']),
    )
    expect(details.receiptsDigest).toBe(digestOf(targets))
    targets[40]!.state = 'done'
    targets[41]!.state = 'done'
    expect(details.receiptsDigest).not.toBe(digestOf(targets))
  })

  it('counts what was taken back, which has no receipt', async () => {
    const fleet = await openFleet()
    const on = await machineWithMarks(fleet, 2, 'ON')
    const off = await machineWithMarks(fleet, 3, 'OFF')
    on.agent.answer = receiptsFor
    await disconnected(fleet, off.agent)
    const { body: order } = await fleet.order([...on.ids, ...off.ids])
    await until(async () => (await fleet.get(`/orders/${order.orderId}`)).body.counts.done === 2)
    await fleet.post(`/orders/${order.orderId}/cancel`, {})
    const { details } = await endOf(fleet, order.orderId)
    expect(details.counts).toEqual({ done: 2, cancelled: 3 })
    const targets = await exportedTargets(fleet, order.orderId)
    expect(details.receiptsDigest).toBe(digestOf(targets))
    expect(targets.filter(({ at }) => at === null)).toHaveLength(3)
  })
})

describe('how long an order can be undone', () => {
  it('is told when it is over: as long as anybody keeps what it took', async () => {
    const fleet = await openFleet()
    const on = await machineWithMarks(fleet, 1, 'ON')
    const off = await machineWithMarks(fleet, 1, 'OFF')
    on.agent.answer = receiptsFor
    await disconnected(fleet, off.agent)
    const { orderId } = (await fleet.order([...on.ids, ...off.ids])).body
    const running = await until(async () => {
      const { body } = await fleet.get(`/orders/${orderId}`)
      return body.undoableCount === 1 ? body : undefined
    })
    expect(running.undoUntil).toBe(null)
    fleet.clock.moveBy(60_000)
    off.agent.answer = receiptsFor
    await off.agent.connect(fleet.central.url)
    await fleet.finished(orderId)
    for (const [policy, days] of [
      [{ maxStreamBytes: 4_096, maxDays: 30, maxBytes: 1e9 }, 365],
      [{ maxStreamBytes: 4_096, maxDays: 1_000, maxBytes: 1e9 }, 1_000],
      [{ maxStreamBytes: 0, maxDays: 1_000, maxBytes: 1e9 }, 365],
    ] as const) {
      await fleet.call('PUT', '/api/v1/orders/kept-content', policy)
      const { finishedAt, undoUntil } = (await fleet.get(`/orders/${orderId}`)).body
      const keptMs = Date.parse(undoUntil) - Date.parse(finishedAt)
      expect(keptMs / 86_400_000).toBe(days)
    }
  })
})
