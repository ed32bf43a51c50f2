/** Rules over real agents and real streams: what they report, what they do, and what stops them. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RuleRun } from '../../../server/protocol/api/rules.ts'
import { rescan } from '../agent/support/agent-fixture.ts'
import { aCarrier, MARK, stateOf, withoutMark } from '../agent/support/carrier.ts'
import { writePolicy } from '../agent/support/policy.ts'
import { setStreams } from '../agent/support/streams.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import { aRealAgent, type RealAgent, startRealAgent } from './real-agent.ts'
import { aWebhookReceiver } from './receivers.ts'
import {
  anEnforcedRule,
  aRule,
  enforce,
  ordersOf,
  ruleOf,
  runOf,
  runsOf,
  settingsOf,
  YEAR_MS,
} from './rule-making.ts'

const FAST = { timing: { sinkRetryMs: 30, ruleArrivalsMs: 50, minScheduleSeconds: 60 } }
const markAgain = (path: string) => setStreams([{ path, stream: 'Zone.Identifier', content: MARK }])

async function aFleetWith(...files: string[]): Promise<{ fleet: Fleet; agent: RealAgent }> {
  const fleet = await openFleet(FAST)
  const agent = await aRealAgent(fleet, 'PC-1', (place) => {
    for (const file of files) aCarrier(place, file)
  })
  return { fleet, agent }
}

describe('a rule in report mode', () => {
  it('says what it would do, and removes nothing, whoever or whatever runs it', async () => {
    const { fleet, agent } = await aFleetWith('a.exe', 'b.exe', 'c.txt')
    const paths = ['a.exe', 'b.exe', 'c.txt'].map((name) => join(agent.place.data, name))
    const before = paths.map(stateOf)
    const id = await aRule(fleet, {
      onInventory: true,
      schedule: { cron: '* * * * *', timeZone: 'UTC' },
    })
    const run = (await runOf(fleet, id)) as RuleRun
    expect(run).toMatchObject({ mode: 'report', matched: 2, chosen: 2, machineCount: 1, error: '' })
    expect(run.orderId).toBe(null)
    expect(run.sample.map(({ path }) => path).sort()).toEqual(paths.slice(0, 2))

    // As inventory arrives, too.
    aCarrier(agent.place, 'late.exe')
    await rescan(agent)
    await until(async () =>
      (await runsOf(fleet, id)).some(({ trigger }) => trigger === 'inventory'),
    )
    expect(await ruleOf(fleet, id)).toMatchObject({ mode: 'report', reportedCount: 2 })
    expect(await ordersOf(fleet)).toEqual([])
    expect(paths.map(stateOf)).toEqual(before)
    const { entries } = (await fleet.get('/audit?limit=200')).body
    expect(entries.filter(({ action }: { action: string }) => action.startsWith('order.'))).toEqual(
      [],
    )
  })

  it('tells no sink of what it would alert', async () => {
    const { fleet } = await aFleetWith('a.exe')
    const receiver = await aWebhookReceiver()
    const sink = { kind: 'webhook', name: 'soc', url: receiver.url, kinds: ['rule.alert'] }
    await fleet.post('/sinks', sink)
    const id = await aRule(fleet, { action: 'alert' })
    expect(await runOf(fleet, id)).toMatchObject({ chosen: 1 })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(receiver.received).toEqual([])
  })
})

describe('letting a rule act', () => {
  it('needs a report of these very settings, and its count', async () => {
    const { fleet } = await aFleetWith('a.exe', 'b.exe')
    const id = await aRule(fleet)
    expect((await enforce(fleet, id, 2)).body.code).toBe('RULE_NOT_REPORTED')
    await runOf(fleet, id)
    const wrong = await enforce(fleet, id, 3)
    expect(wrong.body).toMatchObject({ code: 'COUNT_MISMATCH', details: { targetCount: 2 } })
    await fleet.call('PUT', `/api/v1/rules/${id}`, settingsOf({ query: 'zone:3' }))
    expect((await enforce(fleet, id, 2)).body.code).toBe('RULE_NOT_REPORTED')
    await runOf(fleet, id)
    expect((await enforce(fleet, id, 2)).body).toMatchObject({
      mode: 'enforce',
      enforcedBy: 'admin',
    })
    expect((await enforce(fleet, id, 2)).body.code).toBe('RULE_STATE')
    // Another change is another rule.
    const changed = await fleet.call('PUT', `/api/v1/rules/${id}`, settingsOf())
    expect(changed.body).toMatchObject({ mode: 'report', enforcedBy: null, reportedCount: null })
  })

  it('needs somebody else where the policy of orders asks for one', async () => {
    const { fleet } = await aFleetWith('a.exe')
    const caps = { perMachinePerDay: 100, perDay: 5_000, stopAtFailedPercent: 10 }
    const id = await aRule(fleet, { caps })
    await runOf(fleet, id)
    expect((await ruleOf(fleet, id)).approvalNeeded).not.toBe(null)
    expect((await enforce(fleet, id, 1)).body.code).toBe('OWN_RULE')
    const password = 'another good password'
    await fleet.post('/users', { username: 'zoe', password, role: 'approver' })
    const signedIn = await fleet.call('POST', '/api/v1/session', { username: 'zoe', password })
    const cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!
    const body = { confirmCount: 1, reason: 'looked at it' }
    const path = `/api/v1/rules/${id}/enforce`
    const other = await fleet.call('POST', path, body, { cookie })
    expect(other.body).toMatchObject({ mode: 'enforce', enforcedBy: 'zoe', changedBy: 'admin' })
    const drafted = await fleet.call('POST', '/api/v1/rules', settingsOf(), { cookie })
    expect(drafted).toMatchObject({ status: 403, body: { code: 'NOT_PERMITTED' } })
  })
})

describe('a rule whose order is large', () => {
  it('is approved by neither who wrote it nor who changed it last', async () => {
    const { fleet } = await aFleetWith('a.exe')
    const cookies = new Map<string, string>()
    for (const username of ['anna', 'bert', 'carl']) {
      const password = 'another good password'
      await fleet.post('/users', { username, password, role: 'admin' })
      const signedIn = await fleet.call('POST', '/api/v1/session', { username, password })
      cookies.set(username, signedIn.headers.getSetCookie()[0]!.split(';')[0]!)
    }
    const as = (name: string, method: string, path: string, body: object) =>
      fleet.call(method, `/api/v1${path}`, body, { cookie: cookies.get(name)! })
    const { ruleId } = (await as('anna', 'POST', '/rules', settingsOf())).body
    await as('bert', 'PUT', `/rules/${ruleId}`, settingsOf({ query: 'zone:3' }))
    await fleet.call('PUT', '/api/v1/orders/policy', {
      secondPersonAbove: 0,
      secondPersonFor: { actions: [], verdicts: [] },
    })
    await runOf(fleet, ruleId)
    await enforce(fleet, ruleId, 1)
    const { orderId } = (await runOf(fleet, ruleId)) as RuleRun
    const approval = { confirmCount: 1, reason: 'looks right' }
    const approve = (name: string) => as(name, 'POST', `/orders/${orderId}/approve`, approval)
    expect((await fleet.get(`/orders/${orderId}`)).body).toMatchObject({
      createdBy: `rule:${ruleId}`,
      writers: ['anna', 'bert'],
      state: 'awaiting-approval',
    })
    // A change after the order was made gives nobody back the right to approve it.
    await as('carl', 'PUT', `/rules/${ruleId}`, settingsOf())
    for (const name of ['anna', 'bert']) {
      expect((await approve(name)).body.code).toBe('OWN_ORDER')
    }
    expect((await approve('carl')).status).toBe(200)
    expect((await fleet.finished(orderId!)).counts).toEqual({ done: 1 })
  })
})

describe('a rule that acts', () => {
  it('makes an ordinary order, with itself as author, of exactly what matches', async () => {
    const { fleet, agent } = await aFleetWith('a.exe', 'c.txt')
    const [exe, text] = ['a.exe', 'c.txt'].map((name) => join(agent.place.data, name))
    const before = [stateOf(exe!), stateOf(text!)]
    const id = await anEnforcedRule(fleet)
    const run = (await runOf(fleet, id)) as RuleRun
    const order = await fleet.finished(run.orderId!)
    expect(order).toMatchObject({ createdBy: `rule:${id}`, counts: { done: 1 }, action: 'strip' })
    expect([stateOf(exe!), stateOf(text!)]).toEqual([withoutMark(before[0]!), before[1]])
    expect(await ruleOf(fleet, id)).toMatchObject({ mode: 'enforce', actedToday: 1 })
  })

  it('acts on what arrives, and not twice a day on the same', async () => {
    const { fleet, agent } = await aFleetWith()
    const id = await anEnforcedRule(fleet, { onInventory: true })
    const path = aCarrier(agent.place, 'late.exe')
    await rescan(agent)
    const { orderId } = await until(async () =>
      (await runsOf(fleet, id)).find((run) => run.orderId !== null),
    )
    await fleet.finished(orderId!)
    markAgain(path)
    await rescan(agent)
    await until(async () => (await fleet.search('zone:3 name:late.exe')).total === 1)
    const again = (await runOf(fleet, id)) as RuleRun
    expect(again).toMatchObject({
      chosen: 0,
      orderId: null,
      heldBack: [{ reason: 'acted on within a day', count: 1 }],
    })
    expect(await ordersOf(fleet)).toHaveLength(1)
  })

  it('keeps its caps for one machine and for the day', async () => {
    const { fleet } = await aFleetWith('a.exe', 'b.exe', 'c.exe')
    await aRealAgent(fleet, 'PC-2', (place) => {
      for (const name of ['d.exe', 'e.exe', 'f.exe']) aCarrier(place, name)
    })
    const caps = { perMachinePerDay: 2, perDay: 3, stopAtFailedPercent: 10 }
    const id = await anEnforcedRule(fleet, { caps })
    const run = (await runOf(fleet, id)) as RuleRun
    expect(run).toMatchObject({ matched: 6, chosen: 3 })
    const held = Object.fromEntries(run.heldBack.map(({ reason, count }) => [reason, count]))
    expect(Object.values(held).reduce((sum, count) => sum + count, 0)).toBe(3)
    expect(Object.keys(held)).toContain('cap: 3 a day')
    expect((await fleet.finished(run.orderId!)).targetCount).toBe(3)
    expect(await runOf(fleet, id)).toMatchObject({ chosen: 0, orderId: null })
    fleet.clock.moveBy(25 * 3_600_000)
    await fleet.signIn()
    expect(await runOf(fleet, id)).toMatchObject({ chosen: 3 })
  })

  it('that fails too much pauses itself, and says so', async () => {
    const { fleet, agent } = await aFleetWith('a.exe', 'b.exe')
    const receiver = await aWebhookReceiver()
    const sink = { kind: 'webhook', name: 'soc', url: receiver.url, kinds: ['rule.paused'] }
    await fleet.post('/sinks', sink)
    // The machine's own policy refuses what central asks.
    await agent.close()
    writePolicy(agent.place, { actions: [] })
    const id = await anEnforcedRule(fleet)
    const { orderId } = (await runOf(fleet, id)) as RuleRun
    await startRealAgent(agent.place)
    expect((await fleet.finished(orderId!)).counts).toEqual({ refused: 2 })
    const paused = await until(async () => {
      const rule = await ruleOf(fleet, id)
      return rule.mode === 'paused' ? rule : undefined
    })
    expect(paused.pausedBecause).toBe(
      '2 of 2 receipts of its orders failed, were denied or refused: more than 10 %',
    )
    const told = await until(() => receiver.received[0])
    expect(JSON.parse(told.body)).toMatchObject({ kind: 'rule.paused', details: { ruleId: id } })
    expect(await fleet.post(`/rules/${id}/run`, {})).toMatchObject({
      status: 409,
      body: { code: 'RULE_STATE' },
    })
    const { entries } = (await fleet.get('/audit')).body
    const recorded = entries.find(({ action }: { action: string }) => action === 'rule.paused')
    expect(recorded).toMatchObject({ actor: 'central', subject: String(id) })
  })

  it('ends at its expiry, and by a person', async () => {
    const { fleet } = await aFleetWith('a.exe')
    const id = await anEnforcedRule(fleet)
    const stopped = await fleet.post(`/rules/${id}/report`, { reason: 'wait a little' })
    expect(stopped.body).toMatchObject({ mode: 'report' })
    expect(await runOf(fleet, id)).toMatchObject({ mode: 'report', chosen: 1, orderId: null })
    const paused = await fleet.post(`/rules/${id}/pause`, { reason: 'wait longer' })
    expect(paused.body).toMatchObject({ mode: 'paused', pausedBecause: 'admin: wait longer' })
    await fleet.post(`/rules/${id}/report`, { reason: 'go on' })
    fleet.clock.moveBy(2 * YEAR_MS)
    await fleet.signIn()
    expect((await fleet.post(`/rules/${id}/run`, {})).body.message).toContain('it has expired')
    expect(await ruleOf(fleet, id)).toMatchObject({ mode: 'paused' })
    expect(await ordersOf(fleet)).toEqual([])
  })

  it('alerts once of each stream', async () => {
    const { fleet, agent } = await aFleetWith()
    const receiver = await aWebhookReceiver()
    const sink = { kind: 'webhook', name: 'soc', url: receiver.url, kinds: ['rule.alert'] }
    await fleet.post('/sinks', sink)
    const query = 'verdict:suspicious rule:content-*'
    await anEnforcedRule(fleet, { query, action: 'alert', onInventory: true })
    const path = aCarrier(agent.place, 'report.txt')
    setStreams([{ path, stream: 'hidden', content: 'MZ and so on' }])
    await rescan(agent)
    const told = await until(() => receiver.received[0])
    expect(JSON.parse(told.body)).toMatchObject({
      kind: 'rule.alert',
      hostname: 'PC-1',
      details: { path, stream: 'hidden', rule: 'content-windows-program' },
    })
    aCarrier(agent.place, 'other.txt')
    await rescan(agent)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(receiver.received).toHaveLength(1)
  })
})

describe('keeping rules', () => {
  it('refuses what would never run, or mean everything', async () => {
    const fleet = await openFleet(FAST)
    const refused = async (change: object) =>
      (await fleet.post('/rules', settingsOf(change))).body.code
    expect(await refused({ query: '' })).toBe('REQUEST_INVALID')
    expect(await refused({ query: ' ' })).toBe('QUERY_INVALID')
    expect(await refused({ query: 'zone:' })).toBe('QUERY_INVALID')
    expect(await refused({ schedule: { cron: '* * 31 2 *' } })).toBe('SCHEDULE_INVALID')
    expect(await refused({ expiresAt: '2020-01-01T00:00:00Z' })).toBe('REQUEST_INVALID')
    await aRule(fleet)
    expect(await refused({ name: 'OURS' })).toBe('NAME_TAKEN')
    expect((await fleet.get('/rules/99')).body.code).toBe('RULE_NOT_FOUND')
  })

  it('outlives a restart, with mode and schedule; a removed one is gone', async () => {
    const fleet = await openFleet(FAST)
    const id = await aRule(fleet, { schedule: { cron: '0 3 * * *', timeZone: 'Europe/Vienna' } })
    await fleet.restart()
    const { nextRunAt, mode } = await ruleOf(fleet, id)
    expect([mode, nextRunAt]).toEqual(['report', expect.stringMatching(/T0[12]:00:00/)])
    expect((await fleet.call('DELETE', `/api/v1/rules/${id}`)).status).toBe(204)
    expect((await fleet.get('/rules')).body.rules).toEqual([])
  })

  it('ships examples that are rules', async () => {
    const { fleet, agent } = await aFleetWith('a.exe')
    const { examples } = (await fleet.get('/rules/examples')).body
    expect(examples).toHaveLength(3)
    const ids: number[] = []
    for (const example of examples) ids.push(await aRule(fleet, example))
    const reduceId = ids[1]!
    expect(await runOf(fleet, reduceId)).toMatchObject({ matched: 0 })
    fleet.clock.moveBy(31 * 86_400_000)
    await fleet.signIn()
    expect(await runOf(fleet, reduceId)).toMatchObject({ matched: 1, chosen: 1, error: '' })
    await agent.close()
  })
})
