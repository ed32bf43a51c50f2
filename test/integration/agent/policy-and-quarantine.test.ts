import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../server/shared/clock.ts'
import { anAgent, aPlace, get, type Place, post } from './support/agent-fixture.ts'
import { aCarrier, aRestore, aStrip, aTarget, MARK, sha256, stateOf } from './support/carrier.ts'
import { writePolicy } from './support/policy.ts'
import { quarantined } from './support/quarantine.ts'
import { getStream, removeStream } from './support/streams.ts'

const DAY_MS = 86_400_000

async function stripped(place: Place, name: string) {
  const path = aCarrier(place, name)
  const before = stateOf(path)
  const target = await aTarget(place.data, path)
  return { path, before, target }
}

describe('the machine’s own policy', () => {
  it.each([
    ['actions', { actions: ['restore' as const] }],
    ['streams', { streams: ['Other'] }],
    ['paths', { paths: { include: ['*'], exclude: ['*/setup.exe'] } }],
    ['targetsPerMinute', { targetsPerMinute: 0 }],
  ])('answers refused and names the rule %s', async (rule, policy) => {
    const place = aPlace()
    writePolicy(place, policy)
    const { path, before, target } = await stripped(place, 'setup.exe')
    const agent = await anAgent(place, { scope: [place.data] })
    const { body } = await post(agent, '/v1/strip', aStrip(target))
    expect(body.receipts[0]).toMatchObject({ outcome: 'refused' })
    expect(body.receipts[0].reason).toContain(`(${rule})`)
    expect(stateOf(path)).toEqual(before)
    expect(agent.status().policy).toMatchObject(policy)
  })

  it('stands instead of allowedStreams, which is its short form', async () => {
    const place = aPlace()
    mkdirSync(place.stateDir, { mode: 0o700 })
    const config = { scope: [place.data], allowedStreams: ['Other'] }
    writeFileSync(join(place.stateDir, 'agent.json'), JSON.stringify(config))
    const first = await anAgent(place)
    expect(first.status().policy).toMatchObject({
      streams: ['Other'],
      actions: ['strip', 'restore'],
    })
    await first.close()
    writePolicy(place, { streams: ['Mine'] })
    expect((await anAgent(place)).status().policy.streams).toEqual(['Mine'])
  })

  it.each(['{', '{"actions":["delete"]}', '{"streams":"*"}', '{"unknown":1}'])(
    'that cannot be read as one, %s, keeps the agent from starting',
    async (text) => {
      const place = aPlace()
      writePolicy(place, text)
      await expect(anAgent(place, { scope: [place.data] })).rejects.toMatchObject({
        code: 'POLICY_INVALID',
      })
    },
  )
})

describe('the quarantine', () => {
  it('says page by page what it keeps, who wanted it gone and why', async () => {
    const place = aPlace()
    const all = []
    for (const name of ['a', 'b', 'c']) all.push(await stripped(place, name))
    const agent = await anAgent(place, { scope: [place.data] })
    await post(agent, '/v1/strip', aStrip(...all.map(({ target }) => target)))
    await post(agent, '/v1/restore', aRestore(all[0]!.target))
    const first = (await get(agent, '/v1/quarantine?limit=2')).body
    const second = (await get(agent, `/v1/quarantine?limit=2&cursor=${first.cursor}`)).body
    expect(first).toMatchObject({ keptEntries: 3, keptBytes: 3 * MARK.length })
    expect(second.cursor).toBe(null)
    const entries = [...first.entries, ...second.entries]
    expect(entries.map(({ path }) => path)).toEqual(all.map(({ path }) => path).reverse())
    expect(entries[2]).toMatchObject({
      ...all[0]!.target,
      action: 'strip',
      orderedBy: 'anna',
      reason: 'our own installer',
      outcome: 'done',
      modifiedAt: '2017-07-14T02:40:00Z',
      restoredAt: expect.any(String),
      prunedAt: null,
    })
    expect(entries[0].restoredAt).toBe(null)
    expect((await get(agent, '/v1/quarantine?limit=0')).status).toBe(400)
  })

  it('lets go of what is too old, keeps the record, and then refuses the restore', async () => {
    const place = aPlace()
    writePolicy(place, { quarantine: { maxBytes: 1_000_000, maxDays: 10 } })
    const { target } = await stripped(place, 'a')
    let now = systemClock.now()
    const clock = { now: () => now }
    const first = await anAgent(place, { scope: [place.data], clock })
    await post(first, '/v1/strip', aStrip(target))
    await first.close()
    now += 9 * DAY_MS
    const second = await anAgent(place, { scope: [place.data], clock })
    expect(second.status().quarantine.keptEntries).toBe(1)
    await second.close()
    now += 2 * DAY_MS
    const third = await anAgent(place, { scope: [place.data], clock })
    await third.close()
    expect(quarantined(place).size).toBe(0)
    const last = await anAgent(place, { scope: [place.data], clock })
    const { entries } = (await get(last, '/v1/quarantine')).body
    expect(entries[0]).toMatchObject({ targetId: target.targetId, prunedAt: expect.any(String) })
    const { body } = await post(last, '/v1/restore', aRestore(target))
    expect(body.receipts[0]).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('pruned'),
    })
  })

  it('lets go by size of what was put back first, then of the oldest', async () => {
    const place = aPlace()
    const all = []
    for (const name of ['a', 'b', 'c']) all.push(await stripped(place, name))
    const first = await anAgent(place, { scope: [place.data] })
    for (const { target } of all) await post(first, '/v1/strip', aStrip(target))
    await post(first, '/v1/restore', aRestore(all[1]!.target))
    await first.close()
    writePolicy(place, { quarantine: { maxBytes: MARK.length, maxDays: 10 } })
    await (await anAgent(place, { scope: [place.data] })).close()
    expect([...quarantined(place).keys()]).toEqual([all[2]!.target.targetId])
  })

  it('of the first release is taken over, and what it kept can be put back', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const target = await aTarget(place.data, path)
    const before = stateOf(path)
    writeFirstRelease(place, target)
    removeStream(path, 'Zone.Identifier')
    const agent = await anAgent(place, { scope: [place.data] })
    expect((await post(agent, '/v1/strip', aStrip(target))).body.receipts[0].reason).toBe(
      'by release 1',
    )
    const { body } = await post(agent, '/v1/restore', aRestore(target))
    expect(body.receipts[0]).toMatchObject({ outcome: 'done' })
    expect(stateOf(path)).toEqual(before)
    expect(getStream(path, 'Zone.Identifier')?.toString()).toBe(MARK)
  })
})

/** State and quarantine as the first release left them after a strip. */
function writeFirstRelease({ stateDir }: Place, target: Awaited<ReturnType<typeof aTarget>>): void {
  mkdirSync(join(stateDir, 'quarantine'), { recursive: true, mode: 0o700 })
  writeFileSync(join(stateDir, 'quarantine', target.targetId), MARK)
  const db = new Database(join(stateDir, 'state.db'))
  db.exec(readFileSync('server/agent/state/migrations/0001-initial.sql', 'utf8'))
  db.pragma('user_version = 1')
  const at = '2026-11-01T10:00:00Z'
  db.prepare('INSERT INTO order_target VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    target.targetId,
    'strip',
    crypto.randomUUID(),
    'anna',
    'because',
    JSON.stringify(target),
    at,
    'done',
    'by release 1',
    at,
  )
  db.prepare('INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, NULL, ?, ?, NULL)').run(
    target.targetId,
    MARK.length,
    sha256(MARK),
    'file',
    '1500000000000000000',
    JSON.stringify('/'),
    at,
  )
  db.close()
}
