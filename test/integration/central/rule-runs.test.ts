/** When rules run without anybody asking: over what arrived, by the clock, and to the end of what matches. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { INVENTORY_FILE } from '../../../server/central/store/inventory/open-inventory.ts'
import { openDatabase } from '../../../server/central/store/open-database.ts'
import { ORDERS_FILE } from '../../../server/central/store/orders/open-orders.ts'
import { createRuleStore } from '../../../server/central/store/rule-store.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import { ADMIN_PASSWORD, type Fleet, openFleet, until } from './fleet.ts'
import { disconnected, machineWithMarks } from './order-making.ts'
import { aWebhookReceiver } from './receivers.ts'
import { anEnforcedRule, ordersOf, ruleOf, runOf, runsOf } from './rule-making.ts'
import { stream, streams, TestAgent } from './test-agent.ts'

const CHILD = new URL('./central-child.ts', import.meta.url).pathname
/** Longer than any test. */
const NEVER_MS = 600_000
const PROGRAMS = {
  name: 'Programs in streams',
  query: 'verdict:suspicious rule:content-*',
  action: 'alert',
  onInventory: true,
}
const programIn = (path: string, identity: string) =>
  stream({
    ...{ path, links: [path], identity: identity as ReportedStream['identity'] },
    ...{ stream: 'payload.exe', origin: null },
    ...{ verdict: 'suspicious', rule: 'content-windows-program' },
  })

async function aSink(fleet: Fleet) {
  const receiver = await aWebhookReceiver()
  const sink = { kind: 'webhook', name: 'soc', url: receiver.url, kinds: ['rule.alert'] }
  await fleet.post('/sinks', sink)
  const told = () => receiver.received.map(({ body }) => JSON.parse(body).details.path as string)
  const isDelivered = async () => (await fleet.get('/sinks')).body.sinks[0].deliveredCount === 1
  return { told, isDelivered }
}

describe('a rule on what arrives', () => {
  it('is told once of what arrived shortly before central stopped', async () => {
    const timing = { sinkRetryMs: 30, ruleArrivalsMs: NEVER_MS }
    const fleet = await openFleet({ timing })
    const { told, isDelivered } = await aSink(fleet)
    const id = await anEnforcedRule(fleet, PROGRAMS)
    const agent = await fleet.agent()
    await agent.report([programIn('C:\\a.txt', 'ntfs:2000')])
    timing.ruleArrivalsMs = 50
    await fleet.restart()
    // What a sink has taken is sent again as long as central does not know that.
    await until(isDelivered)
    await fleet.restart()
    await until(async () => (await runsOf(fleet, id)).length === 3)
    const [second, first] = await runsOf(fleet, id)
    expect([first!.trigger, first!.chosen]).toEqual(['inventory', 1])
    expect(second).toMatchObject({ chosen: 0, heldBack: [{ reason: 'told before', count: 1 }] })
    expect(told()).toEqual(['C:\\a.txt'])
  })

  it('is told of what arrived shortly before central was killed', async () => {
    const timing = { sinkRetryMs: 30, ruleArrivalsMs: NEVER_MS }
    const fleet = await openFleet({ timing })
    const { told } = await aSink(fleet)
    await anEnforcedRule(fleet, PROGRAMS)
    const token = await fleet.token()
    await fleet.central.close()
    const child = spawn(
      process.execPath,
      [CHILD, fleet.dataDir, ADMIN_PASSWORD, '0', JSON.stringify(timing)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const exited = new Promise((resolve) => child.once('exit', resolve))
    onTestFinished(() => void child.kill('SIGKILL'))
    const url = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim())),
    )
    const agent = new TestAgent('PC-1')
    await agent.enrol(url, token)
    await agent.connect(url)
    await agent.report([programIn('C:\\a.txt', 'ntfs:2000')])
    child.kill('SIGKILL')
    await exited
    timing.ruleArrivalsMs = 50
    await fleet.start()
    await until(() => told().length === 1)
    expect(told()).toEqual(['C:\\a.txt'])
  })
})

describe('a rule with a schedule', () => {
  it('acts by it, and no more when it is paused', async () => {
    const timing = { minScheduleSeconds: 1, ruleArrivalsMs: NEVER_MS }
    const fleet = await openFleet({ timing })
    const { agent } = await machineWithMarks(fleet, 2)
    await disconnected(fleet, agent)
    const schedule = { cron: '* * * * * *', timeZone: 'UTC' }
    const id = await anEnforcedRule(fleet, { query: 'zone:3', schedule })
    const run = await until(async () =>
      (await runsOf(fleet, id)).find(({ orderId }) => orderId !== null),
    )
    expect(run).toMatchObject({ trigger: 'schedule', mode: 'enforce', chosen: 2 })
    await fleet.post(`/rules/${id}/pause`, { reason: 'enough' })
    const { length } = await runsOf(fleet, id)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await runsOf(fleet, id)).toHaveLength(length)
  })
})

describe('a rule with more than one run can look at', () => {
  it('goes on behind what is held back, until it has looked at everything', async () => {
    const fleet = await openFleet({ timing: { ruleLookMs: 0, ruleArrivalsMs: NEVER_MS } })
    const agent = await fleet.agent()
    const all = streams(1_100)
    for (let from = 0; from < all.length; from += 200)
      await agent.report(all.slice(from, from + 200))
    const caps = { perMachinePerDay: 1_000, perDay: 1_000, stopAtFailedPercent: 100 }
    const id = await anEnforcedRule(fleet, { query: 'zone:3', action: 'alert', caps })
    const chosenOf = async () => (await runsOf(fleet, id)).map(({ chosen }) => chosen)
    await runOf(fleet, id)
    // The second run of two, which the day's cap ends.
    await until(async () => (await chosenOf())[0] === 500 && (await chosenOf())[1] === 500)
    fleet.clock.moveBy(25 * 3_600_000)
    await fleet.signIn()
    expect(await runOf(fleet, id)).toMatchObject({ matched: 1_100, chosen: 0 })
    // The newest: what a run looks at first was told before.
    await until(async () => (await chosenOf())[0] === 100)
    expect((await ruleOf(fleet, id)).actedToday).toBe(100)
  })
})

describe('what is queued of the orders of a rule', () => {
  const HOUR_MS = 3_600_000

  async function aQueuedOrder() {
    const fleet = await openFleet({ timing: { ruleArrivalsMs: NEVER_MS } })
    const { agent } = await machineWithMarks(fleet, 2)
    await disconnected(fleet, agent)
    const expiresAt = new Date(Date.now() + HOUR_MS).toISOString()
    const id = await anEnforcedRule(fleet, { query: 'zone:3', expiresAt })
    const { orderId } = await runOf(fleet, id)
    expect((await fleet.get(`/orders/${orderId}`)).body.counts).toEqual({ queued: 2 })
    return { fleet, id, orderId: orderId as string }
  }
  const isCancelled = async (fleet: Fleet, orderId: string) => {
    const { state, counts } = (await fleet.get(`/orders/${orderId}`)).body
    return state === 'cancelled' && counts.cancelled === 2
  }
  const cancelling = async (fleet: Fleet) =>
    (await fleet.get('/audit?limit=50')).body.entries.find(
      ({ action }: { action: string }) => action === 'order.cancelled',
    )

  it.each([
    ['is paused', 'pause', 'was paused: not ours'],
    ['may only report', 'report', 'only reports: not ours'],
  ])('is cancelled when it %s', async (_, deed, because) => {
    const { fleet, id, orderId } = await aQueuedOrder()
    await fleet.post(`/rules/${id}/${deed}`, { reason: 'not ours' })
    expect(await isCancelled(fleet, orderId)).toBe(true)
    expect(await cancelling(fleet)).toMatchObject({
      actor: 'admin',
      subject: orderId,
      details: { reason: `rule ${id} ${because}`, cancelled: 2 },
    })
  })

  it('is cancelled when it is removed', async () => {
    const { fleet, id, orderId } = await aQueuedOrder()
    expect((await fleet.call('DELETE', `/api/v1/rules/${id}`)).status).toBe(204)
    expect(await isCancelled(fleet, orderId)).toBe(true)
    const { details } = await cancelling(fleet)
    expect(details.reason).toBe(`rule ${id} was removed`)
  })

  it('is cancelled when it has expired', async () => {
    const { fleet, id, orderId } = await aQueuedOrder()
    fleet.clock.moveBy(2 * HOUR_MS)
    await fleet.signIn()
    await runOf(fleet, id)
    await until(() => isCancelled(fleet, orderId))
    expect(await cancelling(fleet)).toMatchObject({
      actor: 'central',
      details: { reason: `rule ${id} has paused itself: it has expired` },
    })
  })

  it('is cancelled at the next start, where central was killed just after it was paused', async () => {
    const { fleet, id, orderId } = await aQueuedOrder()
    await fleet.central.close()
    const files = [INVENTORY_FILE, ORDERS_FILE].map((file) => join(fleet.dataDir, file))
    const db = openDatabase(fleet.dataDir, files[0]!, files[1]!)
    createRuleStore(db).setMode(id, 'paused', 'admin: not ours')
    db.close()
    await fleet.start()
    await until(() => isCancelled(fleet, orderId))
    expect((await cancelling(fleet)).details.reason).toBe(`rule ${id} is paused: admin: not ours`)
  })

  it('stays when the rule is changed: what was approved was approved', async () => {
    const { fleet, id, orderId } = await aQueuedOrder()
    const { settings } = await ruleOf(fleet, id)
    await fleet.call('PUT', `/api/v1/rules/${id}`, { ...settings, query: 'zone:4' })
    await fleet.restart()
    expect((await fleet.get(`/orders/${orderId}`)).body.counts).toEqual({ queued: 2 })
    expect(await ordersOf(fleet)).toHaveLength(1)
  })
})
