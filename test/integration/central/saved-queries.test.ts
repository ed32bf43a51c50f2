/** Saved queries: run by people and by the clock. */
import { expect, it } from 'vitest'
import type { SavedQuery } from '../../../server/protocol/api/saved-queries.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import { aWebhookReceiver } from './receivers.ts'
import { stream, streams } from './test-agent.ts'

const FAST = { timing: { liveTickMs: 50, sinkRetryMs: 30, minScheduleSeconds: 1 } }
const INVENTORY = { kind: 'inventory', name: 'Marks', query: 'zone:3', schedule: null }
const LIVE = {
  kind: 'live',
  name: 'Now',
  query: 'zone:3',
  schedule: null,
  machines: { isAll: true },
}
const EVERY_SECOND = { cron: '* * * * * *', timeZone: 'UTC' }

async function save(fleet: Fleet, settings: object): Promise<SavedQuery> {
  const { status, body } = await fleet.post('/saved-queries', settings)
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body
}
const get = async (fleet: Fleet) =>
  (await fleet.get('/saved-queries')).body.queries[0] as SavedQuery

it('one of the inventory counts, and tells when the count is another one', async () => {
  const fleet = await openFleet(FAST)
  const receiver = await aWebhookReceiver()
  const sink = { kind: 'webhook', name: 'x', kinds: ['saved-query.changed'], url: receiver.url }
  await fleet.post('/sinks', sink)
  const agent = await fleet.agent()
  await agent.report([stream()])
  const { savedId } = await save(fleet, INVENTORY)
  const run = async () => (await fleet.post(`/saved-queries/${savedId}/run`, {})).body
  expect(await run()).toMatchObject({ lastTotal: 1, lastError: '', nextRunAt: null })
  await run()
  await agent.report(streams(4))
  expect(await run()).toMatchObject({ lastTotal: 5 })
  const event = JSON.parse((await until(() => receiver.received[0])).body)
  expect(event).toMatchObject({ kind: 'saved-query.changed', details: { before: 1, now: 5 } })
  expect(receiver.received).toHaveLength(1)
})

it('one with a schedule runs by itself, also after a restart', async () => {
  const fleet = await openFleet(FAST)
  const agent = await fleet.agent()
  await agent.report([stream()])
  await save(fleet, { ...INVENTORY, schedule: EVERY_SECOND })
  await until(async () => (await get(fleet)).lastTotal === 1)
  expect((await get(fleet)).nextRunAt).not.toBeNull()
  await fleet.restart()
  const before = (await get(fleet)).lastRunAt
  await until(async () => (await get(fleet)).lastRunAt !== before)
  const stopped = { ...INVENTORY, name: 'Stopped' }
  const path = `/api/v1/saved-queries/${(await get(fleet)).savedId}`
  expect((await fleet.call('PUT', path, stopped)).body).toMatchObject({
    nextRunAt: null,
    lastRunAt: null,
  })
})

it('a live one opens a live query, and not a second one while that is open', async () => {
  const fleet = await openFleet(FAST)
  const agent = await fleet.agent()
  agent.answer = () => undefined
  const { savedId } = await save(fleet, LIVE)
  const first = (await fleet.post(`/saved-queries/${savedId}/run`, {})).body
  expect((await fleet.get(`/live-queries/${first.lastQuestionId}`)).body).toMatchObject({
    query: 'zone:3',
    createdBy: 'admin',
  })
  const second = (await fleet.post(`/saved-queries/${savedId}/run`, {})).body
  expect(second).toMatchObject({
    lastQuestionId: first.lastQuestionId,
    lastError: 'the live query of the run before is still open',
  })
})

it('refuses what cannot run', async () => {
  const fleet = await openFleet({ timing: { minScheduleSeconds: 300 } })
  const code = async (settings: object) => (await fleet.post('/saved-queries', settings)).body.code
  const at = (cron: string, timeZone = 'UTC') => ({ ...INVENTORY, schedule: { cron, timeZone } })
  expect(await code({ ...INVENTORY, query: 'zone:' })).toBe('QUERY_INVALID')
  expect(await code(at('whenever it suits'))).toBe('SCHEDULE_INVALID')
  expect(await code(at('0 6 * * *', 'Middle/Earth'))).toBe('SCHEDULE_INVALID')
  expect(await code(at('0 6 30 2 *'))).toBe('SCHEDULE_INVALID')
  expect(await code(at('* * * * *'))).toBe('SCHEDULE_INVALID')
  expect(await code(at('0,1 6 * * *'))).toBe('SCHEDULE_INVALID')
  expect(await code(at('0 6 * * 1-5', 'Europe/Vienna'))).toBeUndefined()
  expect(await code({ ...INVENTORY, name: 'MARKS' })).toBe('NAME_TAKEN')
  const { savedId } = await get(fleet)
  expect((await fleet.call('DELETE', `/api/v1/saved-queries/${savedId}`)).status).toBe(204)
  expect(await code(INVENTORY)).toBeUndefined()
  const actions = (await fleet.get('/audit')).body.entries.map(
    ({ action }: { action: string }) => action,
  )
  expect(actions.slice(0, 3)).toEqual([
    'saved-query.stored',
    'saved-query.removed',
    'saved-query.stored',
  ])
})
