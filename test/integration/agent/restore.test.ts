import { unlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { OrderTarget } from '../../../server/protocol/order.ts'
import { aCentral, anAgent, aPlace, enrolled, type Place, post } from './support/agent-fixture.ts'
import { aCarrier, aRestore, aStrip, aTarget, MARK, stateOf } from './support/carrier.ts'
import { aChildAgent } from './support/child-agent.ts'
import { damageQuarantine, quarantined } from './support/quarantine.ts'
import { getStream, setStream } from './support/streams.ts'
import { until } from './support/until.ts'

async function stripped(place: Place) {
  const path = aCarrier(place)
  const before = stateOf(path)
  const target = await aTarget(place.data, path)
  const agent = await anAgent(place, { scope: [place.data] })
  const { body } = await post(agent, '/v1/strip', aStrip(target))
  expect(body.receipts[0].outcome).toBe('done')
  return { path, before, target, agent }
}

describe('restore', () => {
  it('puts the stream back exactly and leaves everything else as it was', async () => {
    const place = aPlace()
    const { path, before, target, agent } = await stripped(place)
    const request = aRestore(target)
    const { body } = await post(agent, '/v1/restore', request)
    expect(body.receipts[0]).toMatchObject({ outcome: 'done' })
    expect(stateOf(path)).toEqual(before)
    expect(quarantined(place).get(target.targetId)?.toString()).toBe(MARK)
    expect((await post(agent, '/v1/restore', request)).body).toEqual(body)
  })

  it('answers done where the very stream is back already', async () => {
    const place = aPlace()
    const { path, before, target, agent } = await stripped(place)
    setStream(path, 'Zone.Identifier', MARK)
    const { body } = await post(agent, '/v1/restore', aRestore(target))
    expect(body.receipts[0]).toMatchObject({ outcome: 'done' })
    expect(body.receipts[0].reason).toContain('already there')
    expect(stateOf(path)).toEqual(before)
  })

  it('writes over nothing where another stream of that name is there', async () => {
    const place = aPlace()
    const { path, target, agent } = await stripped(place)
    setStream(path, 'Zone.Identifier', '[ZoneTransfer]\r\nZoneId=0\r\n')
    const occupied = stateOf(path)
    const { body } = await post(agent, '/v1/restore', aRestore(target))
    expect(body.receipts[0]).toMatchObject({ outcome: 'changed' })
    expect(stateOf(path)).toEqual(occupied)
  })

  it('touches nothing where the carrier is another one now, or gone', async () => {
    const place = aPlace()
    const { path, target, agent } = await stripped(place)
    unlinkSync(path)
    const gone = await post(agent, '/v1/restore', aRestore(target))
    expect(gone.body.receipts[0]).toMatchObject({ outcome: 'gone' })
    writeFileSync(path, 'another file')
    const before = stateOf(path)
    const changed = await post(agent, '/v1/restore', aRestore(target))
    expect(changed.body.receipts[0]).toMatchObject({ outcome: 'changed' })
    expect(stateOf(path)).toEqual(before)
  })

  it('refuses what it never stripped, and streams that are not the stripped one', async () => {
    const place = aPlace()
    const { path, target, agent } = await stripped(place)
    const outcomeOf = async (altered: OrderTarget) =>
      (await post(agent, '/v1/restore', aRestore(altered))).body.receipts[0].outcome
    expect(await outcomeOf({ ...target, targetId: crypto.randomUUID() as never })).toBe('refused')
    expect(await outcomeOf({ ...target, stream: 'Elsewhere' })).toBe('refused')
    expect(await outcomeOf({ ...target, sha256: '0'.repeat(64) })).toBe('refused')
    expect(getStream(path, 'Zone.Identifier')).toBe(null)
  })

  it('writes nothing from a quarantine that is damaged', async () => {
    const place = aPlace()
    const { path, target, agent: first } = await stripped(place)
    await first.close()
    damageQuarantine(place, Buffer.from(MARK.replace('3', '0')))
    const agent = await anAgent(place, { scope: [place.data] })
    const { body } = await post(agent, '/v1/restore', aRestore(target))
    expect(body.receipts[0]).toMatchObject({ outcome: 'failed' })
    expect(getStream(path, 'Zone.Identifier')).toBe(null)
  })

  it('tells central at once what is back', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const path = aCarrier(place)
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 2 && agent.status().unacknowledged === 0)
    const before = [...central.inventory.values()].find((row) => row.stream === 'Zone.Identifier')
    const target = await aTarget(place.data, path)
    await central.request('POST', '/v1/strip', aStrip(target))
    await until(() => central.inventory.size === 1)
    await central.request('POST', '/v1/restore', aRestore(target))
    await until(() => central.inventory.size === 2)
    const after = [...central.inventory.values()].find((row) => row.stream === 'Zone.Identifier')
    expect(after).toEqual(before)
  })

  it.each(['before-create', 'after-create'] as const)(
    'does it once and says so after a crash %s',
    async (crashAt) => {
      const place = aPlace()
      const { path, before, target, agent: first } = await stripped(place)
      await first.close()
      const request = aRestore(target)
      const doomed = await aChildAgent(place, { crashAt })
      await doomed.post('/v1/restore', request).catch(() => null)
      await doomed.died()
      const agent = await anAgent(place, { scope: [place.data] })
      const { body } = await post(agent, '/v1/restore', request)
      expect(body.receipts[0]).toMatchObject({ outcome: 'done' })
      expect(stateOf(path)).toEqual(before)
    },
  )
})
