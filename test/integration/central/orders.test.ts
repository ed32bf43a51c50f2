import { describe, expect, it } from 'vitest'
import type { StripRequest } from '../../../server/protocol/order.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import {
  machineWithMarks,
  receipt,
  receiptsFor,
  type Target,
  targetRows,
  targetsOf,
} from './order-making.ts'
import { keyOf, stream, type TestAgent, volume } from './test-agent.ts'

describe('a preview', () => {
  it('counts what an order would name and says why it would not name the rest', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const names = [
      'Zone.Identifier',
      'WofCompressedData',
      'AFP_Resource',
      '$EFS',
      'data',
      'dark',
      'old',
      'raw',
    ]
    const all = names.map((name) => stream({ stream: name }))
    all[4] = stream({ stream: 'data', verdict: 'keep' })
    all[5] = stream({ stream: 'dark', sha256: null })
    all[7] = stream({ stream: 'raw', volumeId: 'ntfs-ff' as never })
    await agent.report(all)
    await agent.report([], { gone: [keyOf(all[6]!)] })
    agent.finishScan({
      volumes: [volume(), volume({ volumeId: 'ntfs-ff', isWritable: false })],
    })
    const rows = await until(async () => {
      const { streams: found } = await fleet.search('', '&gone=true')
      return found.some((row) => row.isStrippable) ? found : undefined
    })
    expect(rows.filter((row) => row.isStrippable).map((row) => row.stream)).toEqual([
      'Zone.Identifier',
    ])
    const streamIds = [...rows.map((row) => row.streamId), 999_999]
    const body = await fleet.preview({ action: 'strip', selection: { streamIds } })
    expect(body).toMatchObject({
      targetCount: 1,
      machineCount: 1,
      offlineMachineCount: 0,
      byVerdict: [{ value: 'mark', count: 1 }],
    })
    const reasons = body.excluded
      .map(({ reason }: { reason: string }) => reason.split(':')[0])
      .sort()
    expect(reasons).toEqual(
      [
        'gone',
        'protected',
        'protected',
        'protected',
        'protected',
        'read-only',
        'unknown',
        'unreadable',
      ].sort(),
    )
    expect((await fleet.get('/orders')).body.orders).toEqual([])
  })
})

describe('an order', () => {
  it('whose count is not what the person believed is not made', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 2)
    const answer = await fleet.order(ids, 3)
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'COUNT_MISMATCH', details: { targetCount: 2 } },
    })
    expect((await fleet.get('/orders')).body.orders).toEqual([])
    expect(agent.requests).toEqual([])
  })

  it('goes to its machine with everything to check again, and ends with the receipts', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 3)
    agent.answer = (request) => {
      const [a, b, c] = targetsOf(request) as [Target, Target, Target]
      const receipts = [receipt(a), receipt(b, 'changed', 'its size differs'), receipt(c, 'in-use')]
      return { status: 200, body: { receipts } }
    }
    const { body: order, status } = await fleet.order(ids)
    expect(status).toBe(201)
    const finished = await fleet.finished(order.orderId)
    expect(finished.counts).toEqual({ done: 1, changed: 1, 'in-use': 1 })
    expect(finished.finishedAt).not.toBe(null)
    expect(agent.requests).toHaveLength(1)
    expect(agent.requests[0]).toMatchObject({ method: 'POST', path: '/v1/strip' })
    const { links: _1, kind: _2, verdict: _3, ...rest } = stream()
    expect(agent.requests[0]!.body).toMatchObject({
      orderId: order.orderId,
      orderedBy: 'admin',
      reason: 'our own installer',
    })
    expect(Object.keys(targetsOf(agent.requests[0]!)[0]!).sort()).toEqual(
      ['identity', 'path', 'sha256', 'sizeBytes', 'stream', 'targetId', 'volumeId'].sort(),
    )
    expect(rest.sha256).toBe((targetsOf(agent.requests[0]!)[0] as never as typeof rest).sha256)
    const changed = (await fleet.get(`/orders/${order.orderId}/targets?state=changed`)).body.targets
    expect(changed).toMatchObject([
      { state: 'changed', reason: 'its size differs', hostname: 'PC-1' },
    ])
    // Only what the agent reports takes a stream out of the inventory.
    expect((await fleet.search('')).total).toBe(3)
  })

  it('of more targets than one request may have goes in several, each target once', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 120)
    agent.answer = receiptsFor
    const { body: order } = await fleet.order(ids)
    expect((await fleet.finished(order.orderId)).counts).toEqual({ done: 120 })
    expect(agent.requests.map((request) => targetsOf(request).length)).toEqual([50, 50, 20])
    const seen = agent.requests.flatMap(targetsOf).map((target) => target.targetId)
    expect(new Set(seen).size).toBe(120)
  })

  it('waits for a machine that is switched off', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 2)
    agent.disconnect()
    await until(async () => !(await fleet.get('/machines')).body.machines[0].isOnline)
    const preview = await fleet.preview({ action: 'strip', selection: { streamIds: ids } })
    expect(preview.offlineMachineCount).toBe(1)
    const { body: order } = await fleet.order(ids)
    expect(order.counts).toEqual({ queued: 2 })
    agent.answer = receiptsFor
    await agent.connect(fleet.central.url)
    expect((await fleet.finished(order.orderId)).counts).toEqual({ done: 2 })
  })

  it('is sent again with the same target ids when the answer was lost', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 2)
    const { body: order } = await fleet.order(ids)
    await until(() => agent.requests.length > 0)
    agent.disconnect()
    agent.answer = receiptsFor
    await agent.connect(fleet.central.url)
    expect((await fleet.finished(order.orderId)).counts).toEqual({ done: 2 })
    const [first, second] = agent.requests.map(targetsOf)
    expect(second).toEqual(first)
  })

  it('is sent again when a connected agent does not answer in time or answers nonsense', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 2)
    let tries = 0
    agent.answer = (request) => {
      tries += 1
      if (tries === 1) return undefined
      if (tries === 2)
        return { status: 200, body: { receipts: [{ targetId: 'x', outcome: 'done' }] } }
      if (tries === 3) return { status: 500, body: { code: 'INTERNAL', message: 'out of order' } }
      return receiptsFor(request)
    }
    const { body: order } = await fleet.order(ids)
    await fleet.finished(order.orderId)
    expect(agent.requests).toHaveLength(4)
    expect(new Set(agent.requests.map((request) => JSON.stringify(targetsOf(request)))).size).toBe(
      1,
    )
  })

  it('stays queued for the most part on an agent that hangs, so that it can be cancelled', async () => {
    const fleet = await openFleet({ timing: { orderTimeoutMs: 60, orderRetryMs: 60_000 } })
    const { agent, ids } = await machineWithMarks(fleet, 220)
    const { body: order } = await fleet.order(ids)
    await until(() => agent.requests.length === 2 || undefined)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await fleet.get(`/orders/${order.orderId}`)).body.counts).toEqual({
      sent: 100,
      queued: 120,
    })
    const cancelled = await fleet.post(`/orders/${order.orderId}/cancel`, {})
    expect(cancelled.body.counts).toEqual({ sent: 100, cancelled: 120 })
  })

  it('keeps the first receipt of a target when a second one says something else', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 1)
    agent.answer = (request) => {
      const [target] = targetsOf(request) as [Target]
      return {
        status: 200,
        body: { receipts: [receipt(target), receipt(target, 'failed', 'later')] },
      }
    }
    const { body: order } = await fleet.order(ids)
    expect((await fleet.finished(order.orderId)).counts).toEqual({ done: 1 })
  })

  it('takes no receipt from a machine for a target of another', async () => {
    const fleet = await openFleet()
    const a = await machineWithMarks(fleet, 1, 'A')
    const b = await machineWithMarks(fleet, 1, 'B')
    const { body: order } = await fleet.order([...a.ids, ...b.ids])
    const [request] = await until(() =>
      b.agent.requests.length > 0 ? b.agent.requests : undefined,
    )
    const target = targetsOf(request!)[0]!
    await until(() => a.agent.requests.length > 0)
    a.agent.answer = (again) => ({
      status: 200,
      body: { receipts: [receipt(targetsOf(again)[0]!), receipt(target, 'done')] },
    })
    const rows = await until(async () => {
      const all = await targetRows(fleet, order.orderId)
      return all.some((row) => row.state === 'done') ? all : undefined
    })
    expect(rows.find((row) => row.hostname === 'A')!.state).toBe('done')
    expect(rows.find((row) => row.hostname === 'B')!.state).toBe('sent')
  })

  it('takes no response from a machine to a request that went to another', async () => {
    const fleet = await openFleet()
    const a = await machineWithMarks(fleet, 1, 'A')
    const b = await machineWithMarks(fleet, 1, 'B')
    const { body: order } = await fleet.order(b.ids)
    const [request] = await until(() =>
      b.agent.requests.length > 0 ? b.agent.requests : undefined,
    )
    a.agent.send({ type: 'response', id: request!.id, ...receiptsFor(request!) })
    await a.agent.report([])
    expect((await targetRows(fleet, order.orderId))[0]!.state).toBe('sent')
    expect(a.agent.closeCode).toBe(null)
  })

  it('goes on after central was restarted in between', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 2)
    const { body: order } = await fleet.order(ids)
    const first = await until(() => agent.requests[0])
    await fleet.restart()
    expect((await fleet.get(`/orders/${order.orderId}`)).body.counts).toEqual({ sent: 2 })
    agent.answer = receiptsFor
    await agent.connect(fleet.central.url)
    await fleet.finished(order.orderId)
    expect(targetsOf(agent.requests[1]!)).toEqual(targetsOf(first))
  })

  it('names a stream that is in an open order only once', async () => {
    const fleet = await openFleet()
    const { ids } = await machineWithMarks(fleet, 2)
    expect((await fleet.order(ids)).status).toBe(201)
    const preview = await fleet.preview({ action: 'strip', selection: { streamIds: ids } })
    expect(preview).toMatchObject({ targetCount: 0, excluded: [{ count: 2 }] })
    expect((await fleet.order(ids)).body.code).toBe('COUNT_MISMATCH')
  })

  it('names what was approved although the stream has changed since', async () => {
    const fleet = await openFleet()
    const { agent, all, ids } = await machineWithMarks(fleet, 1)
    agent.disconnect()
    await until(async () => !(await fleet.get('/machines')).body.machines[0].isOnline)
    const { body: order } = await fleet.order(ids)
    agent.answer = receiptsFor
    await agent.connect(fleet.central.url)
    await agent.report([{ ...all[0]!, sizeBytes: 9, sha256: 'b'.repeat(64) }])
    await fleet.finished(order.orderId)
    expect(targetsOf(agent.requests[0]!)[0]).toMatchObject({
      sizeBytes: 120,
      sha256: 'a'.repeat(64),
    })
  })

  it('carries names with unpaired surrogates to the agent as they were reported', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report([stream({ stream: 'a\ud800', path: 'C:\\\udc01' })])
    agent.finishScan()
    const [row] = await until(async () => {
      const found = (await fleet.search('')).streams
      return found[0]?.isStrippable ? found : undefined
    })
    const { body: order } = await fleet.order([row!.streamId])
    const request = await until(() => agent.requests[0])
    expect(targetsOf(request)[0]).toMatchObject({ stream: 'a\ud800', path: 'C:\\\udc01' })
    expect((await targetRows(fleet, order.orderId))[0]).toMatchObject({
      stream: 'a\ud800',
      path: 'C:\\\udc01',
    })
  })
})

describe('cancelling', () => {
  it('takes back what was not sent, and nothing that was', async () => {
    const fleet = await openFleet()
    const on = await machineWithMarks(fleet, 1, 'ON')
    const off = await machineWithMarks(fleet, 2, 'OFF')
    off.agent.disconnect()
    await until(async () =>
      (await fleet.get('/machines')).body.machines.some((m: { isOnline: boolean }) => !m.isOnline),
    )
    const { body: order } = await fleet.order([...on.ids, ...off.ids])
    await until(() => on.agent.requests.length > 0)
    const cancelled = await fleet.post(`/orders/${order.orderId}/cancel`, {})
    expect(cancelled.body).toMatchObject({
      state: 'cancelled',
      finishedAt: null,
      counts: { sent: 1, cancelled: 2 },
    })
    on.agent.answer = receiptsFor
    const finished = await fleet.finished(order.orderId)
    expect(finished.counts).toEqual({ done: 1, cancelled: 2 })
    const asked = on.agent.requests.map(({ body }) => (body as StripRequest).onlyIfBegun)
    expect([asked[0], asked.at(-1)]).toEqual([undefined, true])
    await off.agent.connect(fleet.central.url)
    await off.agent.report([])
    expect(off.agent.requests).toEqual([])
  })

  it('asks nothing of an agent that is too old to tell what it did without doing it', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 1)
    const { body: order } = await fleet.order(ids)
    await until(() => agent.requests.length > 0)
    agent.disconnect()
    await fleet.post(`/orders/${order.orderId}/cancel`, {})
    agent.answer = receiptsFor
    await agent.connect(fleet.central.url, { protocol: 4 })
    await agent.report([])
    expect(agent.requests).toHaveLength(1)
    agent.disconnect()
    await agent.connect(fleet.central.url)
    expect((await fleet.finished(order.orderId)).counts).toEqual({ done: 1 })
    expect(agent.requests.at(-1)!.body).toMatchObject({ onlyIfBegun: true })
  })

  it('finishes an order of which nothing was sent', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 1)
    agent.disconnect()
    await until(async () => !(await fleet.get('/machines')).body.machines[0].isOnline)
    const { body: order } = await fleet.order(ids)
    const { body } = await fleet.post(`/orders/${order.orderId}/cancel`, {})
    expect(body).toMatchObject({ state: 'cancelled', counts: { cancelled: 1 } })
    expect(body.finishedAt).not.toBe(null)
  })
})

describe('undoing', () => {
  async function stripped(fleet: Fleet): Promise<{ agent: TestAgent; orderId: string }> {
    const { agent, ids } = await machineWithMarks(fleet, 3)
    agent.answer = (request) => {
      const receipts = targetsOf(request).map((target, n) =>
        receipt(target, n < 2 ? 'done' : 'denied'),
      )
      return { status: 200, body: { receipts } }
    }
    const { body: order } = await fleet.order(ids)
    await fleet.finished(order.orderId)
    return { agent, orderId: order.orderId }
  }

  it('restores what was stripped, once', async () => {
    const fleet = await openFleet()
    const { agent, orderId } = await stripped(fleet)
    const undo = (confirmCount: number) =>
      fleet.post(`/orders/${orderId}/undo`, { confirmCount, reason: 'it was needed' })
    expect((await undo(3)).body.code).toBe('COUNT_MISMATCH')
    agent.answer = receiptsFor
    const { body: restore, status } = await undo(2)
    expect(status).toBe(201)
    expect(restore).toMatchObject({ action: 'restore', undoes: orderId, targetCount: 2 })
    expect((await fleet.finished(restore.orderId)).counts).toEqual({ done: 2 })
    const [strip, again] = agent.requests
    expect(again!.path).toBe('/v1/restore')
    const strippedIds = targetsOf(strip!).map((target) => target.targetId)
    expect(targetsOf(again!).map((target) => target.strippedTargetId)).toEqual(
      strippedIds.slice(0, 2),
    )
    expect(targetsOf(again!).every((target) => !strippedIds.includes(target.targetId))).toBe(true)
    expect((await undo(2)).body.code).toBe('COUNT_MISMATCH')
    const undoUndo = { confirmCount: 2, reason: 'no' + ' again' }
    expect((await fleet.post(`/orders/${restore.orderId}/undo`, undoUndo)).body.code).toBe(
      'ORDER_NOT_UNDOABLE',
    )
  })
})

describe('the audit log', () => {
  it('tells who ordered what, and when it was over', async () => {
    const fleet = await openFleet()
    const { agent, ids } = await machineWithMarks(fleet, 1)
    agent.answer = receiptsFor
    const { body: order } = await fleet.order(ids)
    await fleet.finished(order.orderId)
    const { entries } = (await fleet.get('/audit')).body
    const actions = entries.map((entry: { action: string }) => entry.action)
    expect(actions).toEqual([
      'order.finished',
      'order.created',
      'order.previewed',
      'machine.enrolled',
      'enrolment.created',
      'session.created',
    ])
    expect(entries[1]).toMatchObject({
      actor: 'admin',
      subject: order.orderId,
      details: { targetCount: 1 },
    })
    expect(JSON.stringify(entries)).not.toMatch(/password|token/i)
  })
})
