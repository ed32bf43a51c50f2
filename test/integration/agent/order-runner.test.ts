import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeStateDir } from '../../../server/agent/config.ts'
import { newTargetId, openLocalEngine } from '../../../server/agent/local.ts'
import { OWN_HANDS } from '../../../server/agent/policy.ts'
import { Scope } from '../../../server/agent/scan/scope.ts'
import { openState } from '../../../server/agent/state/open-state.ts'
import { createOrderEngine } from '../../../server/agent/strip/order-engine.ts'
import type { OrderTarget } from '../../../server/protocol/order.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { createLogger } from '../../../server/shared/logger.ts'
import { addon } from '../../support/native.ts'
import { aPlace } from './support/agent-fixture.ts'
import { aCarrier, aTarget } from './support/carrier.ts'

it('hears what is asked for at the very moment of a receipt', { timeout: 20_000 }, async () => {
  const place = aPlace()
  const target = await aTarget(place.data, aCarrier(place))
  const engine = await openLocalEngine({
    stateDir: join(place.base, 'local'),
    roots: [place.data],
    hints: {},
    addon,
    clock: systemClock,
    logger: createLogger('test', 'silent'),
  })
  onTestFinished(() => engine.close())
  for (let round = 0; round < 20; round++) {
    const again: OrderTarget = { ...target, targetId: newTargetId() }
    const [receipt] = await engine.run('strip', [again], 'again and again')
    expect(receipt?.outcome).toBe(round === 0 ? 'done' : 'gone')
  }
})

it('says so, each time it is asked, where its journal cannot be read', async () => {
  const place = aPlace()
  const target = await aTarget(place.data, aCarrier(place))
  const stateDir = join(place.base, 'local')
  makeStateDir(stateDir)
  const state = openState(stateDir)
  const engine = await createOrderEngine({
    stateDir,
    addon,
    scope: new Scope(addon, [place.data], [], {}),
    state,
    policy: OWN_HANDS,
    maxBytes: 1_024,
    streams: null,
    clock: systemClock,
    logger: createLogger('test', 'silent'),
  })
  onTestFinished(() => engine.close())
  state.close()
  const order = { orderId: 'one', orderedBy: 'test', reason: 'test' }
  for (let round = 0; round < 2; round++) {
    await expect(engine.runner.run('strip', order, [target])).rejects.toThrow('not open')
  }
})
