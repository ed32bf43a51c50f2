/** A call that fails says not whether it had done its work by then: what the disk shows is the receipt. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { NativeError, NativeErrorCode, NativeOperationResult } from '../../../native/addon.ts'
import { type LocalEngine, openLocalEngine } from '../../../server/agent/local.ts'
import type { OrderTarget } from '../../../server/protocol/order.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { createLogger } from '../../../server/shared/logger.ts'
import { addon, scanAll } from '../../support/native.ts'
import { aPlace, type Place } from './support/agent-fixture.ts'
import { aCarrier, MARK } from './support/carrier.ts'
import { quarantined } from './support/quarantine.ts'
import { getStream } from './support/streams.ts'

const ZONE = 'Zone.Identifier'
const REDUCED = '[ZoneTransfer]\r\nZoneId=3\r\n'

const denied = anError('ADS_ACCESS_DENIED', 'times of the carrier: not permitted')
const pending = anError('ADS_DELETE_PENDING', 'it goes when the last program closes it')

describe('an error of a call that was to change a carrier', () => {
  it.each(['strip', 'reduce'] as const)('after the %s was done is no denial', async (action) => {
    const place = aPlace()
    const path = aCarrier(place)
    const engine = await anEngine(place, { acts: true, error: denied })
    const [receipt] = await engine.run(action, [await targetOf(place)], 'test')
    expect(receipt).toMatchObject({ outcome: 'done' })
    expect(receipt!.reason).toContain('not permitted')
    expect(textOf(path)).toBe(action === 'strip' ? undefined : REDUCED)
    expect(keptIn(place)).toEqual([MARK])
  })

  it.each(['strip', 'reduce'] as const)('before a %s leaves nothing kept', async (action) => {
    const place = aPlace()
    const path = aCarrier(place)
    const engine = await anEngine(place, { acts: false, error: denied })
    const [receipt] = await engine.run(action, [await targetOf(place)], 'test')
    expect(receipt).toMatchObject({ outcome: 'denied' })
    expect(textOf(path)).toBe(MARK)
    expect(keptIn(place)).toEqual([])
  })

  it('behind which nothing can be seen keeps the copy, and is not called untouched', async () => {
    const place = aPlace()
    aCarrier(place)
    const engine = await anEngine(place, { acts: true, error: pending, blind: true })
    const [receipt] = await engine.run('strip', [await targetOf(place)], 'test')
    expect(receipt).toMatchObject({ outcome: 'failed' })
    expect(receipt!.reason).toContain('cannot be seen')
    expect(keptIn(place)).toEqual([MARK])
  })
})

interface Fault {
  /** Whether the work is done before the error is said. */
  readonly acts: boolean
  readonly error: NativeError
  /** The look that follows fails in the same way. */
  readonly blind?: boolean
}

async function anEngine(place: Place, { acts, error, blind }: Fault): Promise<LocalEngine> {
  let hasFailed = false
  const native: typeof addon = {
    ...addon,
    carryOut: async (target, operations, hints) => {
      const isLook = operations[0]?.act === 'look'
      if (isLook && !(hasFailed && blind)) return addon.carryOut(target, operations, hints)
      if (acts && !isLook) await addon.carryOut(target, operations, hints)
      hasFailed = true
      return operations.map((): NativeOperationResult => ({ error }))
    },
  }
  const engine = await openLocalEngine({
    stateDir: stateDirOf(place),
    roots: [place.data],
    hints: {},
    addon: native,
    clock: systemClock,
    logger: createLogger('test', 'silent'),
  })
  onTestFinished(() => engine.close())
  return engine
}

async function targetOf({ data }: Place): Promise<OrderTarget> {
  const { volumeId } = await addon.probe(data)
  const { streams } = await scanAll(data, { hash: true })
  const { identity, path, name: stream, size, sha256 } = streams.find(({ name }) => name === ZONE)!
  const place = { volumeId, identity, path, stream, sizeBytes: Number(size), sha256 }
  return { targetId: randomUUID(), ...place } as unknown as OrderTarget
}

function anError(code: NativeErrorCode, message: string): NativeError {
  return Object.assign(new Error(message), { code, operation: 'remove', systemCode: 1 })
}

function stateDirOf({ base }: Place): string {
  return join(base, 'local')
}

/** What is in quarantine, as text. */
function keptIn(place: Place): string[] {
  return [...quarantined({ stateDir: stateDirOf(place) }).values()].map(String)
}

const textOf = (path: string) => getStream(path, ZONE)?.toString()
