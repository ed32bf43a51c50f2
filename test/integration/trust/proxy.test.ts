import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anAgent, aPlace } from '../agent/support/agent-fixture.ts'
import { until } from '../agent/support/until.ts'
import { aConnectProxy } from './support/connect-proxy.ts'
import {
  codeOf,
  connected,
  invitation,
  joinFleet,
  linkCode,
  secureFleet,
} from './support/secure-fleet.ts'

// A name that nobody resolves: whoever gets there went through the proxy.
const NAME = 'central.invalid'

describe('a proxy', () => {
  it('is on the way of the enrolment and of the link, which stay pinned and bound', async () => {
    const fleet = await secureFleet({ names: [NAME] })
    const proxy = await aConnectProxy()
    const { invitation: text } = await invitation(fleet)
    const place = aPlace()
    await joinFleet(place, text, { proxy: proxy.url })
    const central = `${NAME}:${fleet.central.port}`
    expect(new Set(proxy.asked)).toEqual(new Set([central]))
    const before = proxy.asked.length
    expect(JSON.parse(readFileSync(join(place.stateDir, 'agent.json'), 'utf8')).proxy).toBe(
      proxy.url,
    )
    const agent = await anAgent(place)
    await connected(agent)
    expect(proxy.asked.length).toBeGreaterThan(before)
    expect(agent.status().centralUrl).toBe(`https://${central}`)
  })

  it('of the environment is used where none is kept, and not for hosts that are excepted', async () => {
    const fleet = await secureFleet({ names: [NAME] })
    const { url, asked } = await aConnectProxy()
    const { invitation: text } = await invitation(fleet)
    const place = aPlace()
    const except = ['.invalid']
    const excepted = { environmentProxy: { url, except } }
    expect(await codeOf(joinFleet(place, text, excepted))).toBe('CENTRAL_UNREACHABLE')
    expect(asked).toEqual([])
    await joinFleet(place, text, { environmentProxy: { url, except: [] } })
    const agent = await anAgent(place, { proxy: { url, except: [] } })
    await connected(agent)
    await agent.close()
    const without = await anAgent(place)
    await linkCode(without, 'CENTRAL_UNREACHABLE')
  })

  it('is not asked for a central on this machine', async () => {
    const fleet = await secureFleet()
    const proxy = await aConnectProxy()
    const { invitation: text } = await invitation(fleet)
    const place = aPlace()
    await joinFleet(place, text, { proxy: proxy.url })
    const agent = await anAgent(place)
    await until(() => agent.status().link === 'connected')
    expect(proxy.asked).toEqual([])
  })
})
