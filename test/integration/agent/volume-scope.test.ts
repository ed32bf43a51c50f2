/**
 * Orders on a whole volume of Windows, whose paths are relative to its root. A folder stands for the volume: what
 * the engine asks of `C:` is done there.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeStateDir, writeConfig } from '../../../server/agent/config.ts'
import {
  type KeptHere,
  type LocalEngine,
  type LocalOptions,
  openLocalEngine,
  restoreTargetOf,
} from '../../../server/agent/local.ts'
import type { OrderTarget } from '../../../server/protocol/order.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { createLogger } from '../../../server/shared/logger.ts'
import { addon } from '../../support/native.ts'
import { aPlace, type Place } from './support/agent-fixture.ts'
import { aCarrier, aTarget, stateOf } from './support/carrier.ts'
import { writePolicy } from './support/policy.ts'

function volumeOf({ data }: Place): LocalOptions['addon'] {
  const below = (path: string) => join(data, path.replaceAll('\\', '/'))
  return {
    ...addon,
    probe: async (root, hints) => {
      if (root !== 'C:') return addon.probe(root, hints)
      return { ...(await addon.probe(data, hints)), kind: 'image' }
    },
    carryOut: (root, operations, hints) =>
      addon.carryOut(
        root === 'C:' ? data : root,
        operations.map((operation) => ({ ...operation, path: below(operation.path) })),
        hints,
      ),
  }
}

/** Over the state of an agent that was told this volume, as installation does. */
async function anEngine(place: Place, exclude: string[] = []): Promise<LocalEngine> {
  const { stateDir } = place
  makeStateDir(stateDir)
  writeConfig(stateDir, { scope: ['C:'], exclude, allowedStreams: ['Zone.Identifier'] })
  const engine = await openLocalEngine({
    stateDir,
    roots: [],
    hints: {},
    addon: volumeOf(place),
    clock: systemClock,
    logger: createLogger('test', 'silent'),
  })
  let closed: Promise<void> | null = null
  const close = () => (closed ??= engine.close())
  onTestFinished(close)
  return { ...engine, close }
}

async function aTargetIn(place: Place, folder: string): Promise<[string, OrderTarget]> {
  mkdirSync(join(place.data, folder), { recursive: true })
  const path = aCarrier(place, `${folder}/setup.exe`)
  return [path, { ...(await aTarget(place.data, path)), path: `${folder}\\setup.exe` }]
}

it('puts back what was taken there, known by its whole path', async () => {
  const place = aPlace()
  const [path, target] = await aTargetIn(place, 'Users')
  const before = stateOf(path)
  const first = await anEngine(place)
  expect(await first.run('strip', [target], 'a test')).toMatchObject([{ outcome: 'done' }])
  await first.close()
  const second = await anEngine(place)
  const kept: KeptHere[] = []
  for await (const one of second.kept()) kept.push(one)
  expect(kept.map(({ wholePath }) => wholePath)).toEqual(['C:\\Users\\setup.exe'])
  const targets = kept.map(({ entry }) => restoreTargetOf(entry))
  const receipts = await second.run('restore', targets, 'a test')
  expect(receipts).toMatchObject([{ outcome: 'done' }])
  expect(stateOf(path)).toEqual(before)
})

it('touches nothing on an excluded volume, nor where the policy names it by its whole path', async () => {
  const place = aPlace()
  const [path, target] = await aTargetIn(place, 'Finance')
  const before = stateOf(path)
  const first = await anEngine(place, ['C:'])
  const [excluded] = await first.run('strip', [target], 'a test')
  expect(excluded?.reason).toContain('not in the scope')
  await first.close()
  writePolicy(place, { paths: { include: ['*'], exclude: ['c:/finance/*'] } })
  const again = { ...target, targetId: crypto.randomUUID() as typeof target.targetId }
  const second = await anEngine(place)
  const [denied] = await second.run('strip', [again], 'a test')
  expect(denied?.reason).toContain('(paths)')
  expect(stateOf(path)).toEqual(before)
})
