import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anAgent, aPlace, firstScan, post } from './support/agent-fixture.ts'
import { aCarrier, aStrip, aTarget, MARK, stateOf, withoutMark } from './support/carrier.ts'
import { aChildAgent } from './support/child-agent.ts'
import { quarantined } from './support/quarantine.ts'
import { getStream, setStream } from './support/streams.ts'

describe('a strip that is asked for again', () => {
  it('answers a repeat with the same receipt and does not act again', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const agent = await anAgent(place, { scope: [place.data] })
    const request = aStrip(await aTarget(place.data, path))
    const first = await post(agent, '/v1/strip', request)
    setStream(path, 'Zone.Identifier', MARK)
    const [second, third] = await Promise.all([
      post(agent, '/v1/strip', request),
      post(agent, '/v1/strip', request),
    ])
    expect(first.body.receipts[0].outcome).toBe('done')
    expect([second.body, third.body]).toEqual([first.body, first.body])
    expect(getStream(path, 'Zone.Identifier')?.toString()).toBe(MARK)
  })

  it('acts once when the same request arrives twice at the same moment', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const agent = await anAgent(place, { scope: [place.data] })
    const request = aStrip(await aTarget(place.data, path))
    const answers = await Promise.all([
      post(agent, '/v1/strip', request),
      post(agent, '/v1/strip', request),
    ])
    expect(answers[0].body).toEqual(answers[1].body)
    expect(answers[0].body.receipts[0].outcome).toBe('done')
  })

  it('refuses a target id that was used for another stream', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const agent = await anAgent(place, { scope: [place.data] })
    const target = await aTarget(place.data, path)
    await post(agent, '/v1/strip', aStrip(target))
    const other = { ...(await aTarget(place.data, path, 'Other')), targetId: target.targetId }
    const { body } = await post(agent, '/v1/strip', aStrip(other))
    expect(body.receipts[0]).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('target id'),
    })
    expect(getStream(path, 'Other')?.toString()).toBe('stays')
  })

  it.each([
    ['before anything was looked at', 'before-look'],
    ['after the copy, before the removal', 'before-remove'],
    ['after the removal, before the receipt', 'after-remove'],
  ] as const)('does it once and says so after a crash %s', async (_when, crashAt) => {
    const place = aPlace()
    const path = aCarrier(place)
    const before = stateOf(path)
    const target = await aTarget(place.data, path)
    const request = aStrip(target)
    const doomed = await aChildAgent(place, { crashAt })
    await doomed.post('/v1/strip', request).catch(() => null)
    await doomed.died()
    const agent = await anAgent(place, { scope: [place.data] })
    await firstScan(agent)
    const { body } = await post(agent, '/v1/strip', request)
    expect(body.receipts[0]).toMatchObject({ targetId: target.targetId, outcome: 'done' })
    expect(stateOf(path)).toEqual(withoutMark(before))
    expect([...quarantined(place).keys()]).toEqual([target.targetId])
    setStream(path, 'Zone.Identifier', MARK)
    expect((await post(agent, '/v1/strip', request)).body).toEqual(body)
    expect(getStream(path, 'Zone.Identifier')?.toString()).toBe(MARK)
  })

  it('answers changed, and keeps the copy, where the stream came back differently after a crash', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const target = await aTarget(place.data, path)
    const request = aStrip(target)
    const doomed = await aChildAgent(place, { crashAt: 'after-remove' })
    await doomed.post('/v1/strip', request).catch(() => null)
    await doomed.died()
    setStream(path, 'Zone.Identifier', 'something else')
    const agent = await anAgent(place, { scope: [place.data] })
    const { body } = await post(agent, '/v1/strip', request)
    expect(body.receipts[0]).toMatchObject({ outcome: 'changed' })
    expect(getStream(path, 'Zone.Identifier')?.toString()).toBe('something else')
    expect([...quarantined(place).keys()]).toEqual([target.targetId])
  })

  it('removes quarantine files that a crash left without a record', async () => {
    const place = aPlace()
    mkdirSync(join(place.stateDir, 'quarantine'), { recursive: true })
    const orphan = join(place.stateDir, 'quarantine', `${crypto.randomUUID()}.part`)
    writeFileSync(orphan, 'half')
    await anAgent(place, { scope: [place.data] })
    expect(existsSync(orphan)).toBe(false)
  })
})
