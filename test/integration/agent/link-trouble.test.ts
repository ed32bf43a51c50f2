import { generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from '../../../server/shared/frame-codec.ts'
import { aCentral, anAgent, aPlace, enrolled, firstScan } from './support/agent-fixture.ts'
import { aCarrier } from './support/carrier.ts'
import { FAST_LINK } from './support/fast-link.ts'
import { until } from './support/until.ts'

describe('the link in trouble', () => {
  it.each([4401, 4404, 4426])(
    'stops at close code %i, says why, and tries again rarely',
    async (code) => {
      const place = aPlace()
      const central = await aCentral()
      await enrolled(place, central)
      central.refuseWith = code
      const agent = await anAgent(place)
      await until(() => agent.status().link === 'refused')
      expect(agent.status().linkMessage).not.toBe('')
      const seen = central.accepted
      await sleep(FAST_LINK.refusedRetryMs * 0.8)
      expect(central.accepted).toBe(seen)
      central.refuseWith = null
      await until(() => agent.status().link === 'connected')
      expect(agent.status().linkMessage).toBe('')
    },
  )

  it('is refused with a key that is not the enrolled one', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const stranger = generateKeyPairSync('ed25519').publicKey.export({
      type: 'spki',
      format: 'der',
    })
    for (const machineId of central.enrolled.keys()) {
      central.enrolled.set(machineId, stranger.toString('base64'))
    }
    const agent = await anAgent(place)
    await until(() => agent.status().link === 'refused')
    expect(agent.status().linkMessage).toContain('not signed')
  })

  it('does not greet a central that speaks another protocol only', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    central.newestProtocol = 7
    const agent = await anAgent(place)
    await until(() => agent.status().link === 'refused')
    expect(agent.status().linkMessage).toContain('protocol 7')
    expect(central.hellos).toEqual([])
  })

  it.each([
    ['no JSON', 'hello?'],
    ['of an unknown type', JSON.stringify({ type: 'format-disk' })],
    [
      'with a field too many',
      JSON.stringify({ type: 'inventory.ack', sequence: 1, window: 4, extra: true }),
    ],
    ['no zstd', Buffer.from('garbage')],
    [
      'a second challenge',
      encodeFrame({
        type: 'challenge',
        nonce: '0'.repeat(64),
        oldestProtocol: 1,
        newestProtocol: 1,
      }),
    ],
  ])('ends the connection at a frame that is %s, and comes back', async (_fault, frame) => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    aCarrier(place)
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 2 && agent.status().unacknowledged === 0)
    central.sendRaw(frame)
    await until(() => central.hellos.length === 2 && agent.status().link === 'connected')
    expect(central.comparisons).toBe(0)
  })

  it('ignores an acknowledgement of what it never sent', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    central.isSilent = true
    aCarrier(place)
    const agent = await anAgent(place)
    await until(() => central.inventory.size === 2)
    central.send({ type: 'inventory.ack', sequence: 999, window: 4 })
    await sleep(100)
    expect(agent.status().unacknowledged).toBe(2)
  })

  it('notices a central that is there and silent, and connects again', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const linkTimings = { ...FAST_LINK, pingEveryMs: 50, answerMs: 1_000 }
    const agent = await anAgent(place, { linkTimings })
    await until(() => agent.status().link === 'connected')
    central.isMute = true
    central.freeze()
    await until(() => agent.status().linkMessage.includes('does not answer'))
    central.isMute = false
    central.thaw()
    await until(() => agent.status().link === 'connected')
  })

  it('does not wait for ever for a central that accepts and says nothing', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    central.isMute = true
    const agent = await anAgent(place, { linkTimings: { ...FAST_LINK, answerMs: 100 } })
    await until(() => agent.status().linkMessage.includes('challenge'))
    central.isMute = false
    await until(() => agent.status().link === 'connected')
  })

  it('stays away as long as a central that is too busy for another hello asks it to', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    central.busyForSeconds = 1
    const agent = await anAgent(place)
    await until(() => central.refusedUpgrades === 1)
    await until(() => agent.status().linkMessage.includes('503'))
    await sleep(700)
    expect(central.refusedUpgrades).toBe(1)
    central.busyForSeconds = null
    await until(() => agent.status().link === 'connected')
  })

  it('stays away as long as a goodbye says', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    const agent = await anAgent(place)
    await until(() => agent.status().link === 'connected')
    const { accepted } = central
    central.send({ type: 'goodbye', message: 'back in a second', retryAfterSeconds: 1 })
    await sleep(50)
    central.dropConnections()
    await until(() => agent.status().linkMessage === 'back in a second')
    await sleep(500)
    expect(central.accepted).toBe(accepted)
    await until(() => agent.status().link === 'connected')
  })

  it('waits with its first scan for the turn that central gives', async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    central.scanAfterSeconds = 1
    aCarrier(place)
    const agent = await anAgent(place, { linkTimings: { ...FAST_LINK, scanPatienceMs: 60_000 } })
    await until(() => agent.status().link === 'connected')
    expect(central.hellos[0]?.isScanDue).toBe(true)
    await sleep(500)
    expect(agent.status().lastScan).toBe(null)
    await until(() => agent.status().lastScan !== null)
  })

  it('takes the scan interval that central gives', async () => {
    const place = aPlace()
    const central = await aCentral()
    central.scanEverySeconds = 10
    await enrolled(place, central)
    let now = Date.now()
    const agent = await anAgent(place, { clock: { now: () => now } })
    await firstScan(agent)
    const first = agent.status().lastScan?.scanId
    await until(() => agent.status().link === 'connected')
    now += 10_000
    central.dropConnections()
    await until(() => agent.status().lastScan?.scanId !== first)
  })
})
