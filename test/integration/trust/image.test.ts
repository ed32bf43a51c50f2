import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { currentBoot, isSameBoot } from '../../../server/agent/trust/boot.ts'
import { anAgent, aPlace } from '../agent/support/agent-fixture.ts'
import { openFleet } from '../central/fleet.ts'
import { connected, identityOf, invitation, joinFleet } from './support/secure-fleet.ts'

describe('an image', () => {
  it('has no identity, and each machine made from it gets one in its first boot', async () => {
    const fleet = await openFleet()
    const { invitation: text } = await invitation(fleet, { uses: 2, labels: ['lab'] })
    const image = aPlace()
    expect(await joinFleet(image, text, { isImage: true })).toEqual({
      machineId: null,
      waitsFor: 'boot',
    })
    expect(existsSync(join(image.stateDir, 'identity.json'))).toBe(false)

    const onImage = await anAgent(image)
    expect(onImage.status()).toMatchObject({ link: 'off', linkCode: 'IMAGE', machineId: null })
    await sleep(200)
    await onImage.close()
    expect((await fleet.get('/machines')).body.machines).toEqual([])

    const keys = new Set<string>()
    for (const boot of ['boot of one', 'boot of another']) {
      const place = aPlace()
      cpSync(join(image.stateDir, 'agent.json'), join(place.base, 'kept', 'agent.json'))
      cpSync(join(image.stateDir, 'enrolment.json'), join(place.base, 'kept', 'enrolment.json'))
      const made = { ...place, stateDir: join(place.base, 'kept') }
      const agent = await anAgent(made, { boot })
      await connected(agent)
      expect(existsSync(join(made.stateDir, 'enrolment.json'))).toBe(false)
      keys.add(identityOf(made).privateKey)
    }
    expect(keys.size).toBe(2)
    const { machines } = (await fleet.get('/machines')).body
    expect(machines).toHaveLength(2)
    expect(machines[0].labels).toEqual(['lab'])
  })

  it('enrols after a restart of the agent in another boot only', () => {
    expect(isSameBoot(currentBoot(), currentBoot())).toBe(true)
    expect(isSameBoot('at 1000000', 'at 1050000.5')).toBe(true)
    expect(isSameBoot('at 1000000', 'at 9000000')).toBe(false)
    expect(isSameBoot('one', 'two')).toBe(false)
  })
})
