/** One PC without a server, under group policy: values of the registry are given, the rest is real. */
import { expect, it, onTestFinished } from 'vitest'
import type { RegistryValue } from '../../../native/service.ts'
import { type LocalEngine, openLocalEngine } from '../../../server/agent/local.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { createLogger } from '../../../server/shared/logger.ts'
import { addon } from '../../support/native.ts'
import { aPlace, type Place } from './support/agent-fixture.ts'
import { aCarrier, aTarget } from './support/carrier.ts'
import { writePolicy } from './support/policy.ts'

async function anEngine(place: Place, ...values: RegistryValue[]): Promise<LocalEngine> {
  const engine = await openLocalEngine({
    stateDir: place.stateDir,
    roots: [place.data],
    hints: {},
    addon: { ...addon, readRegistryValues: () => values },
    clock: systemClock,
    logger: createLogger('test', 'silent'),
  })
  let closed: Promise<void> | null = null
  const close = () => (closed ??= engine.close())
  onTestFinished(close)
  return { ...engine, close }
}

it.each<[RegistryValue, RegExp]>([
  [{ name: 'Actions', value: ['restore'] }, /\(actions\)/],
  [{ name: 'Streams', value: ['Other'] }, /\(streams\)/],
  [{ name: 'IncludePaths', value: ['/elsewhere/*'] }, /\(paths\)/],
  [{ name: 'ExcludePaths', value: ['*.exe'] }, /\(paths\)/],
  [{ name: 'TargetsPerMinute', value: 0 }, /\(targetsPerMinute\)/],
])('keeps to %j, whatever its own policy.json says', async (value, rule) => {
  const place = aPlace()
  writePolicy(place, { streams: ['*'], targetsPerMinute: null })
  const target = await aTarget(place.data, aCarrier(place))
  const engine = await anEngine(place, value)
  const [receipt] = await engine.run('strip', [target], 'a test')
  expect(receipt).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(rule) })
})

it('keeps of the quarantine what group policy says, from the next order on', async () => {
  const place = aPlace()
  const target = await aTarget(place.data, aCarrier(place))
  const first = await anEngine(place)
  expect(await first.run('strip', [target], 'a test')).toMatchObject([{ outcome: 'done' }])
  await first.close()
  const second = await anEngine(place, { name: 'QuarantineMegabytes', value: 0 })
  await second.run('strip', [], 'a test')
  await second.close()
  const third = await anEngine(place)
  expect(third.quarantine({}).entries).toMatchObject([
    { targetId: target.targetId, prunedAt: expect.any(String) },
  ])
})

it('does nothing under a group policy that it cannot understand', async () => {
  const place = aPlace()
  const opened = anEngine(place, { name: 'Actions', value: ['delete'] })
  await expect(opened).rejects.toMatchObject({ code: 'POLICY_INVALID' })
})
