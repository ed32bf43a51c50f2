import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OTHER_UID } from '../../support/child.ts'
import { isRoot } from '../../support/is-root.ts'
import { aCentral, aPlace, enrolled, type Place } from './support/agent-fixture.ts'
import { aTarget, MARK } from './support/carrier.ts'
import { aChildAgent, type ChildAgent } from './support/child-agent.ts'
import { setStream } from './support/streams.ts'
import { until } from './support/until.ts'

/** A place where an agent without root's rights can work; /dev/shm because others may enter it. */
function aPlaceForOthers(): Place {
  const place = aPlace('/dev/shm')
  chmodSync(place.base, 0o755)
  mkdirSync(place.stateDir)
  chownSync(place.stateDir, OTHER_UID, OTHER_UID)
  return place
}

function markedFile(path: string): string {
  writeFileSync(path, '')
  setStream(path, 'Zone.Identifier', MARK)
  return path
}

async function scanned(agent: ChildAgent) {
  const idle = async () => (await agent.status()).scanning === null
  await until(idle)
  const { body } = await agent.post('/v1/scan', {})
  await until(async () => (await agent.status()).lastScan?.scanId === body.scanId)
  return (await agent.status()).lastScan
}

describe('what an agent cannot read', () => {
  it.runIf(isRoot)(
    'is said and keeps its streams until it is readable again (needs root)',
    async () => {
      const place = aPlaceForOthers()
      const central = await aCentral()
      const closed = join(place.data, 'closed')
      mkdirSync(join(closed, 'deeper'), { recursive: true })
      const gone = markedFile(join(closed, 'deeper', 'gone'))
      const kept = markedFile(join(closed, 'kept'))
      const open = markedFile(join(place.data, 'open'))
      await enrolled(place, central)
      for (const name of ['identity.json', 'agent.json']) {
        chownSync(join(place.stateDir, name), OTHER_UID, OTHER_UID)
      }
      const agent = await aChildAgent(place, { uid: OTHER_UID })
      expect(await scanned(agent)).toMatchObject({ state: 'complete', streamsFound: 3 })
      const all = [gone, kept, open].map((path) => `${path}:Zone.Identifier`).sort()
      await until(() => central.inventory.size === 3)

      chmodSync(closed, 0o000)
      rmSync(gone)
      rmSync(open)
      const summary = await scanned(agent)
      expect(summary).toMatchObject({ state: 'incomplete', streamsFound: 0, unreadableCount: 1 })
      expect(summary?.unreadable).toMatchObject([{ path: closed, code: 'ADS_ACCESS_DENIED' }])
      await until(() => central.inventory.size === 2)
      expect(central.streams()).toEqual(all.filter((stream) => !stream.startsWith(open)))

      chmodSync(closed, 0o755)
      expect(await scanned(agent)).toMatchObject({ state: 'complete', streamsFound: 1 })
      await until(() => central.inventory.size === 1)
      expect(central.streams()).toEqual([`${kept}:Zone.Identifier`])
    },
  )

  it.runIf(isRoot)(
    'is answered with a code of its own when central asks for its bytes (needs root)',
    async () => {
      const place = aPlaceForOthers()
      const path = markedFile(join(place.data, 'file'))
      const agent = await aChildAgent(place, { uid: OTHER_UID })
      await scanned(agent)
      const { volumes } = await agent.status()
      const volumeId = volumes[0]?.volumeId
      const ask = async (body: object) => {
        const answer = await agent.post('/v1/read', {
          volumeId,
          stream: 'Zone.Identifier',
          ...body,
        })
        return [answer.status, answer.body.code]
      }
      const { identity } = await aTarget(place.data, path)
      chmodSync(path, 0o000)
      expect(await ask({ path, identity })).toEqual([403, 'ACCESS_DENIED'])
      chmodSync(path, 0o644)
      expect(await ask({ path, identity })).toEqual([200, undefined])
      expect(await ask({ path, identity, stream: 'None' })).toEqual([404, 'STREAM_NOT_FOUND'])
      expect(await ask({ path, identity: 'posix:1:1' })).toEqual([409, 'CARRIER_CHANGED'])
      expect(await ask({ path: `${path}x`, identity })).toEqual([404, 'STREAM_NOT_FOUND'])
      expect(await ask({ path: '/etc/passwd', identity })).toEqual([404, 'VOLUME_NOT_IN_SCOPE'])
      const volume = { volumeId: 'fs-00000000000000ff' }
      expect(await ask({ path, identity, ...volume })).toEqual([404, 'VOLUME_NOT_IN_SCOPE'])
    },
  )
})
