/** Notable events on their way to real receivers, and what central counts of itself. */
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatSyslog } from '../../../server/central/sinks/syslog-format.ts'
import { openOrderStore } from '../../../server/central/store/order-store.ts'
import { ORDERS_FILE } from '../../../server/central/store/orders/open-orders.ts'
import type { SinkEvent } from '../../../server/protocol/api/sinks.ts'
import type { FilesRequest } from '../../../server/protocol/ask.ts'
import type { Receipt, StripRequest } from '../../../server/protocol/order.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import { disconnected, machineWithMarks, receiptsFor } from './order-making.ts'
import { aSyslogTcpReceiver, aSyslogUdpReceiver, aWebhookReceiver } from './receivers.ts'
import { anEnforcedRule } from './rule-making.ts'
import { keyOf, stream, type TestAgent } from './test-agent.ts'

const FAST = { timing: { sinkRetryMs: 30, liveTickMs: 50 } }
const SECRET = 'a secret of some length'

async function addSink(fleet: Fleet, settings: object): Promise<number> {
  const kinds = ['order.finished', 'stream.suspicious', 'mark.removed', 'machine.cloned']
  const { status, body } = await fleet.post('/sinks', { name: 'soc', kinds, ...settings })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body.sinkId
}

const sinkOf = async (fleet: Fleet) => (await fleet.get('/sinks')).body.sinks[0]

/** An order that finishes at once. */
async function anOrder(fleet: Fleet, agent: TestAgent): Promise<string> {
  agent.answer = ({ body }) => ({
    status: 200,
    body: {
      receipts: (body as StripRequest).targets.map(({ targetId }) => ({
        targetId,
        outcome: 'done',
        reason: '',
        at: '2026-11-22T10:00:00Z',
      })),
    },
  })
  await agent.report([stream()])
  agent.finishScan()
  const row = await until(async () =>
    (await fleet.search('zone:3')).streams.find((one) => one.isStrippable),
  )
  const { body } = await fleet.order([row.streamId])
  await fleet.finished(body.orderId)
  return body.orderId
}

describe('a webhook', () => {
  it('gets each event signed, with what is needed to understand it', async () => {
    const fleet = await openFleet(FAST)
    const receiver = await aWebhookReceiver()
    await addSink(fleet, { kind: 'webhook', url: receiver.url, secret: SECRET })
    const orderId = await anOrder(fleet, await fleet.agent())
    const { headers, body } = await until(() => receiver.received[0])
    const event = JSON.parse(body) as SinkEvent
    expect(event).toMatchObject({
      kind: 'order.finished',
      details: { orderId, action: 'strip', createdBy: 'admin', counts: { done: 1 } },
    })
    const signed = `${headers['x-sidestream-timestamp']}.${body}`
    const hmac = createHmac('sha256', SECRET).update(signed).digest('hex')
    expect(headers['x-sidestream-signature']).toBe(`sha256=${hmac}`)
    await until(async () => (await sinkOf(fleet)).deliveredCount === 1)
    expect(receiver.received).toHaveLength(1)
    const sink = await sinkOf(fleet)
    expect(sink).toMatchObject({ queueLength: 0, hasSecret: true, lastError: '' })
    expect(JSON.stringify([sink, (await fleet.get('/audit')).body])).not.toContain(SECRET)
  })

  it('that is down gets everything once it is back, in order, also after a restart of central', async () => {
    const fleet = await openFleet(FAST)
    const down = await aWebhookReceiver()
    await down.stop()
    const sinkId = await addSink(fleet, { kind: 'webhook', url: down.url })
    for (let index = 0; index < 3; index++) await fleet.post(`/sinks/${sinkId}/test`, {})
    await until(async () => (await sinkOf(fleet)).lastError !== '')
    await fleet.restart()
    expect(await sinkOf(fleet)).toMatchObject({ queueLength: 3, deliveredCount: 0 })

    const back = await aWebhookReceiver(down.port)
    await until(async () => (await sinkOf(fleet)).deliveredCount === 3)
    const ids = back.received.map(({ headers }) => Number(headers['x-sidestream-delivery']))
    expect(ids).toEqual([...ids].sort())
    expect(new Set(ids).size).toBe(3)
  })

  it('that refuses or points elsewhere keeps its events waiting and says why', async () => {
    const fleet = await openFleet(FAST)
    const receiver = await aWebhookReceiver()
    receiver.status = 403
    const sinkId = await addSink(fleet, { kind: 'webhook', url: receiver.url })
    await fleet.post(`/sinks/${sinkId}/test`, {})
    await until(async () => (await sinkOf(fleet)).lastError === 'the receiver answered 403')
    receiver.status = 302
    await until(async () => !(await sinkOf(fleet)).lastError.includes('403'))
    expect((await sinkOf(fleet)).queueLength).toBe(1)
    receiver.status = 204
    await until(async () => (await sinkOf(fleet)).deliveredCount === 1)
  })

  it('is https, but on this machine; keeps its secret when it is changed; goes with its queue', async () => {
    const fleet = await openFleet(FAST)
    const remote = { kind: 'webhook', name: 'x', kinds: ['machine.cloned'] }
    const plain = await fleet.post('/sinks', { ...remote, url: 'http://siem.example.com/x' })
    expect([plain.status, plain.body.message]).toEqual([400, expect.stringContaining('https')])
    const url = 'https://siem.example.com/x'
    const { body } = await fleet.post('/sinks', { ...remote, url, secret: SECRET })
    const path = `/api/v1/sinks/${body.sinkId}`
    const changed = await fleet.call('PUT', path, { ...remote, url, isEnabled: false })
    expect(changed.body).toMatchObject({ hasSecret: true, settings: { isEnabled: false } })
    await fleet.post(`/sinks/${body.sinkId}/test`, {})
    expect((await sinkOf(fleet)).queueLength).toBe(1)
    expect((await fleet.call('DELETE', path)).status).toBe(204)
    expect((await fleet.get('/sinks')).body.sinks).toEqual([])
    expect((await fleet.call('DELETE', path)).body.code).toBe('SINK_NOT_FOUND')
  })
})

describe('syslog', () => {
  it.each(['tcp', 'udp'] as const)('gets RFC 5424 over %s', async (transport) => {
    const fleet = await openFleet(FAST)
    const receiver = await (transport === 'tcp' ? aSyslogTcpReceiver() : aSyslogUdpReceiver())
    const place = { kind: 'syslog', transport, host: '127.0.0.1', port: receiver.port }
    const sinkId = await addSink(fleet, place)
    const orderId = await anOrder(fleet, await fleet.agent())
    await until(() => receiver.messages.length === 1)
    await fleet.post(`/sinks/${sinkId}/test`, {})
    await until(() => receiver.messages.length === 2)
    expect(receiver.messages[0]).toMatch(
      /^<109>1 \d{4}-\d\d-\d\dT[\d:.]+Z - sidestream - order\.finished \[sidestream@32473 orderId="/,
    )
    expect(receiver.messages[0]).toContain(`orderId="${orderId}"`)
    expect(receiver.messages[0]).toContain(' counts="{\\"done\\":1}"')
    expect(receiver.messages[0]).toContain('"] \uFEFFstrip order of admin finished: 1 of 1 done')
    expect(receiver.messages[1]).toContain(' test [sidestream@32473] \uFEFFadmin asked')
  })

  it('loses nothing to a receiver that ends connections unread, and says so', async () => {
    const fleet = await openFleet(FAST)
    const receiver = await aSyslogTcpReceiver({ closesFirst: 4 })
    const place = { kind: 'syslog', transport: 'tcp', host: '127.0.0.1', port: receiver.port }
    const sinkId = await addSink(fleet, place)
    for (let index = 0; index < 3; index++) await fleet.post(`/sinks/${sinkId}/test`, {})
    await until(async () => (await sinkOf(fleet)).lastError.includes('closed'))
    await until(async () => (await sinkOf(fleet)).deliveredCount === 3)
    expect(receiver.messages).toHaveLength(3)
  })

  it('cannot be led astray by names', () => {
    const line = formatSyslog(
      {
        kind: 'stream.suspicious',
        at: '2026-11-22T10:00:00.000Z',
        machineId: null,
        hostname: 'PC 1\n<0>',
        summary: 'x\n<0>1 forged\u202e\ud800',
        details: { path: 'C:\\a"] [evil x="1', 'bad name=]': 'y'.repeat(9_000), none: null },
      },
      13,
    )
    expect(line).toContain('Z PC?1?<0> sidestream - stream.suspicious [')
    expect(line).toContain('path="C:\\\\a\\"\\] [evil x=\\"1"')
    expect(line).toContain('bad_name__="yyy')
    expect(line).not.toContain('\n')
    expect(line).not.toContain('\u202e')
    expect(line.isWellFormed()).toBe(true)
    expect(line.length).toBeLessThan(2_000)
  })
})

describe('the filter of a sink', () => {
  it('takes the chosen kinds of the chosen machines only', async () => {
    const fleet = await openFleet(FAST)
    const receiver = await aWebhookReceiver()
    await addSink(fleet, { kind: 'webhook', url: receiver.url, kinds: ['machine.cloned'] })
    const other = { kinds: ['order.finished'], hostname: 'srv-*', name: 'servers' }
    await addSink(fleet, { kind: 'webhook', url: `${receiver.url}/2`, ...other })
    await anOrder(fleet, await fleet.agent())
    const event = await until(() => receiver.received[0])
    // An order is of no machine, so that the second one takes it; the first one does not want orders.
    expect(JSON.parse(event.body).kind).toBe('order.finished')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(receiver.received).toHaveLength(1)
  })
})

describe('what agents report', () => {
  it('is told of where a suspicious stream appears, or a mark goes without an order', async () => {
    const fleet = await openFleet(FAST)
    const receiver = await aWebhookReceiver()
    await addSink(fleet, { kind: 'webhook', url: receiver.url })
    const agent = await fleet.agent('PC-1')
    const path = 'C:\\Downloads\\a.txt'
    const identity = 'ntfs:2000' as ReportedStream['identity']
    const odd = { path, links: [path], identity, stream: 'payload.exe', origin: null }
    const suspicious = stream({ ...odd, verdict: 'suspicious', rule: 'content-windows-program' })
    await agent.report([stream(), suspicious])
    const first = await until(() => receiver.received[0])
    expect(JSON.parse(first.body)).toMatchObject({
      kind: 'stream.suspicious',
      hostname: 'PC-1',
      machineId: agent.machineId,
      details: { path, stream: 'payload.exe', rule: 'content-windows-program' },
    })
    agent.answer = () => ({ status: 404, body: { code: 'ROUTE_NOT_FOUND', message: 'older' } })
    // Seen again: no news.
    await agent.report([suspicious])
    await agent.report([], { gone: [keyOf(stream())] })
    const second = await until(() => receiver.received[1])
    expect(JSON.parse(second.body)).toMatchObject({
      kind: 'mark.removed',
      summary: 'the mark of C:\\Downloads\\setup.exe on PC-1 went without an order',
      details: { carrier: 'unknown' },
    })
  })

  it.each([
    ['unmarked', 'there', '; the file is there'],
    ['absent', 'not there', ', with its file'],
    ['unreadable', 'unknown', ''],
  ])('says of a mark that went whether its file is there: %s', async (state, carrier, ending) => {
    const fleet = await openFleet(FAST)
    const receiver = await aWebhookReceiver()
    await addSink(fleet, { kind: 'webhook', url: receiver.url })
    const agent = await fleet.agent('PC-1')
    agent.answer = ({ path, body }) => {
      if (path !== '/v1/files') return undefined
      const about = { message: '', volumeId: null, sizeBytes: null, streams: [], origin: null }
      const files = (body as FilesRequest).paths.map((each) => ({
        ...{ path: each, state, ...about, isSameContent: null },
      }))
      return { status: 200, body: { files, stopped: null } }
    }
    await agent.report([stream()])
    await agent.report([], { gone: [keyOf(stream())] })
    const told = JSON.parse((await until(() => receiver.received[0])).body)
    expect(told).toMatchObject({ kind: 'mark.removed', details: { carrier } })
    expect(told.summary).toBe(
      `the mark of C:\\Downloads\\setup.exe on PC-1 went without an order${ending}`,
    )
  })

  it('loses no mark that went while central stops and its machine is still asked', async () => {
    const fleet = await openFleet(FAST)
    const receiver = await aWebhookReceiver()
    await addSink(fleet, { kind: 'webhook', url: receiver.url })
    const agent = await fleet.agent('PC-1')
    await agent.report([stream()])
    await agent.report([], { gone: [keyOf(stream())] })
    await until(() => agent.requests.some(({ path }) => path === '/v1/files'))
    await fleet.restart()
    const told = JSON.parse((await until(() => receiver.received[0])).body)
    expect(told).toMatchObject({ kind: 'mark.removed', details: { carrier: 'unknown' } })
  })

  it('is not told of where an order took the mark off', async () => {
    const fleet = await openFleet(FAST)
    const receiver = await aWebhookReceiver()
    await addSink(fleet, { kind: 'webhook', url: receiver.url })
    const agent = await fleet.agent('PC-1')
    await anOrder(fleet, agent)
    await agent.report([], { gone: [keyOf(stream())] })
    await until(() => receiver.received[0])
    await new Promise((resolve) => setTimeout(resolve, 200))
    const kinds = receiver.received.map(({ body }) => JSON.parse(body).kind)
    expect(kinds).toEqual(['order.finished'])
  })
})

describe('what the audit log records', () => {
  it('is told of orders and of what was denied, as it happens', async () => {
    const fleet = await openFleet(FAST)
    const receiver = await aSyslogTcpReceiver()
    const kinds = ['order.created', 'access.denied']
    const place = { kind: 'syslog', transport: 'tcp', host: '127.0.0.1', port: receiver.port }
    await addSink(fleet, { ...place, kinds })
    const orderId = await anOrder(fleet, await fleet.agent())
    const created = await until(() => receiver.messages[0])
    expect(created).toMatch(
      / sidestream - order\.created \[sidestream@32473 auditId="\d+" actor="admin"/,
    )
    expect(created).toContain(`subject="${orderId}"`)
    const wrong = { username: 'admin', password: 'wrong' }
    expect((await fleet.post('/session', wrong)).status).toBe(401)
    const denied = await until(() => receiver.messages[1])
    expect(denied).toContain(' access.denied [sidestream@32473 ')
    expect(denied).toContain('action="session.refused"')
  })

  it('is told of whatever decides on orders', async () => {
    const fleet = await openFleet(FAST)
    const receiver = await aWebhookReceiver()
    const kinds = ['order.undone', 'order.cancelled', 'order.finished']
    const more = ['order-policy.changed', 'rule.enforced']
    await addSink(fleet, { kind: 'webhook', url: receiver.url, kinds: [...kinds, ...more] })
    const policy = { secondPersonAbove: 500, secondPersonFor: { actions: [], verdicts: [] } }
    await fleet.call('PUT', '/api/v1/orders/policy', policy)
    const ruleId = await anEnforcedRule(fleet, { action: 'alert' })
    const agent = await fleet.agent()
    const orderId = await anOrder(fleet, agent)
    await disconnected(fleet, agent)
    const request = { confirmCount: 1, reason: 'it is wanted again' }
    const undo = (await fleet.post(`/orders/${orderId}/undo`, request)).body.orderId
    await fleet.post(`/orders/${undo}/cancel`, { reason: 'it is not' })
    await until(() => receiver.received.length === 6)
    const told = receiver.received.map(({ body }) => JSON.parse(body) as SinkEvent)
    expect(told.map(({ kind, details }) => [kind, details.subject ?? details.orderId])).toEqual([
      ['order-policy.changed', 'orders'],
      ['rule.enforced', String(ruleId)],
      ['order.finished', orderId],
      ['order.undone', orderId],
      ['order.cancelled', undo],
      ['order.finished', undo],
    ])
    expect(told[0]!.details).toMatchObject({ actor: 'admin', secondPersonAbove: 500 })
    expect(told[4]!.details).toMatchObject({ reason: 'it is not', cancelled: 1 })
    expect(told[5]).toMatchObject({
      summary: 'restore order of admin finished: 0 of 1 done',
      details: { counts: { cancelled: 1 } },
    })
  })

  it('is told of an order that ended just before central was killed, and only once', async () => {
    const fleet = await openFleet(FAST)
    const receiver = await aWebhookReceiver()
    await addSink(fleet, { kind: 'webhook', url: receiver.url, kinds: ['order.finished'] })
    const { agent, ids } = await machineWithMarks(fleet, 1)
    const { orderId } = (await fleet.order(ids)).body
    const sent = await until(() => agent.requests.find(({ path }) => path === '/v1/strip'))
    await fleet.central.close()
    // Stored with its end, and nobody was there any more to hear of it.
    const orders = await openOrderStore({ file: join(fleet.dataDir, ORDERS_FILE) })
    const { receipts } = receiptsFor(sent).body
    await orders.addReceipts(agent.machineId, orderId, receipts as Receipt[], Date.now())
    await orders.close()
    await fleet.start()
    const told = JSON.parse((await until(() => receiver.received[0])).body)
    expect(told).toMatchObject({
      kind: 'order.finished',
      details: { orderId, counts: { done: 1 } },
    })
    await until(async () => (await sinkOf(fleet)).deliveredCount === 1)
    await fleet.restart()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(receiver.received).toHaveLength(1)
  })

  it('has its head told elsewhere where it grew, and when central stops', async () => {
    const fleet = await openFleet({ timing: { ...FAST.timing, auditHeadEveryMs: 30 } })
    const receiver = await aSyslogTcpReceiver()
    const place = { kind: 'syslog', transport: 'tcp', host: '127.0.0.1', port: receiver.port }
    await addSink(fleet, { ...place, kinds: ['audit.head'] })
    const { auditId, hash } = (await fleet.get('/audit/head')).body
    await until(() => receiver.messages.some((line) => line.includes(hash)) || undefined)
    const told = receiver.messages.find((line) => line.includes(hash))
    expect(told).toContain(` audit.head [sidestream@32473 auditId="${auditId}" hash="${hash}"]`)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(receiver.messages.filter((line) => line.includes(hash))).toHaveLength(1)
  })
})

describe('metrics', () => {
  it('count what central does, and name nobody', async () => {
    const fleet = await openFleet(FAST)
    const agent = await fleet.agent('SECRET-NAME')
    await agent.report([stream()])
    await fleet.get(`/machines/${agent.machineId}`)
    const { body } = await fleet.call('GET', '/metrics')
    const text = body as string
    expect(text).toMatch(/^sidestream_machines_online 1$/m)
    expect(text).toMatch(/^sidestream_sink_queue 0$/m)
    expect(text).toMatch(/^sidestream_inventory_deltas_total 1$/m)
    expect(text).toMatch(/^sidestream_inventory_changes_total 1$/m)
    expect(text).toMatch(/^sidestream_nodejs_eventloop_lag_p99_seconds \d/m)
    expect(text).toMatch(
      /^sidestream_http_request_seconds_count\{method="GET",route="\/api\/v1\/machines\/:machineId",status="200"\} 1$/m,
    )
    expect(text).not.toContain('SECRET-NAME')
    expect(text).not.toContain(agent.machineId)
  })
})
