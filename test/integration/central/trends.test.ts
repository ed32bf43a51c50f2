/** What central remembers of itself: totals by the hour, and what was recorded about one machine. */
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { migrate } from '../../../server/central/store/migrate.ts'
import { createTrendStore } from '../../../server/central/store/trend-store.ts'
import type { TrendTotals } from '../../../server/protocol/api/trends.ts'
import { aCarrier } from '../agent/support/carrier.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import { aRealAgent } from './real-agent.ts'
import { stream, streams } from './test-agent.ts'

const HOUR_MS = 3_600_000

const samplesOf = (fleet: Fleet, days = 30) =>
  until(async () => {
    const { samples } = (await fleet.get(`/trends?days=${days}`)).body
    return samples.length > 0 ? samples : undefined
  })

describe('trends', () => {
  it('begin with the first machine, and have one sample of each hour', async () => {
    const fleet = await openFleet()
    expect((await fleet.get('/trends')).body).toEqual({ samples: [] })
    const agent = await fleet.agent()
    await agent.report([...streams(3), stream()])
    await fleet.restart()
    const [first] = await samplesOf(fleet)
    expect(first).toMatchObject({
      machines: 1,
      neverScanned: 1,
      streams: 4,
      verdicts: { mark: 4 },
      zones: { 3: 4 },
    })
    await fleet.restart()
    expect(await samplesOf(fleet)).toEqual([first])
    fleet.clock.moveBy(HOUR_MS)
    await fleet.restart()
    await until(async () => ((await samplesOf(fleet)).length === 2 ? true : undefined))
    expect((await fleet.get('/trends?days=0')).status).toBe(400)
  }, 120_000)

  it('are kept by the hour for days, by the day for years, and then forgotten', () => {
    const db = new Database(':memory:')
    migrate(db)
    const store = createTrendStore(db)
    const now = 1_000 * 24 * HOUR_MS
    for (let hour = 0; hour < 100 * 24; hour += 1) {
      store.put(now - hour * HOUR_MS, { streams: hour } as TrendTotals)
    }
    store.put(now, { streams: 7 } as TrendTotals)
    store.thin({ dailyBefore: now - 8 * 24 * HOUR_MS, forgetBefore: now - 50 * 24 * HOUR_MS })
    const kept = store.since(0)
    expect(kept).toHaveLength(8 * 24 + 1 + 42)
    expect(kept.at(-1)).toEqual({ at: now, streams: 7 })
    expect(kept[0]?.at).toBe(now - 50 * 24 * HOUR_MS)
    db.close()
  })
})

describe('the audit log about one machine', () => {
  it('has what was done to it and what it did, page by page, and nothing else', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent('PC-1')
    const other = await fleet.agent('PC-2')
    const labels = async (machineId: string, label: string) =>
      fleet.call('PUT', `/api/v1/machines/${machineId}/labels`, { labels: [label] })
    for (const label of ['a', 'b', 'c']) await labels(agent.machineId, label)
    await labels(other.machineId, 'a')
    const about = (more: string) => fleet.get(`/audit?about=${agent.machineId}&limit=2${more}`)
    const first = (await about('')).body
    expect(first.entries.map((entry: { action: string }) => entry.action)).toEqual([
      'machine.labelled',
      'machine.labelled',
    ])
    const second = (await about(`&cursor=${first.cursor}`)).body
    expect(second.entries.map((entry: { action: string }) => entry.action)).toEqual([
      'machine.labelled',
      'machine.enrolled',
    ])
    expect(second.cursor).toBeNull()
  })
})

describe('the quarantine of a machine', () => {
  it('is listed page by page as its agent tells it, and not while it is away', async () => {
    const fleet = await openFleet()
    const agent = await aRealAgent(fleet, 'PC-1', (place) => {
      for (const name of ['a.exe', 'b.exe']) aCarrier(place, name)
    })
    const found = await fleet.search('zone:3')
    const { body } = await fleet.order(found.streams.map(({ streamId }) => streamId))
    await fleet.finished(body.orderId)
    const path = `/machines/${agent.machineId}/quarantine?limit=1`
    const first = (await fleet.get(path)).body
    expect(first).toMatchObject({ keptEntries: 2, entries: [{ reason: 'our own installer' }] })
    const second = (await fleet.get(`${path}&cursor=${first.cursor}`)).body
    expect(second.entries).toHaveLength(1)
    expect(second.cursor).toBeNull()
    await agent.close()
    await until(async () =>
      (await fleet.get(path)).body.code === 'MACHINE_OFFLINE' ? true : undefined,
    )
  })
})
