import { readFileSync, renameSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { MarkOrigin, MarkTarget, OrderTarget } from '../../../server/protocol/order.ts'
import { anAgent, aPlace, type Place, post } from './support/agent-fixture.ts'
import {
  aCarrier,
  aRestore,
  aStrip,
  aTarget,
  MARK,
  sha256,
  stateOf,
  withoutMark,
} from './support/carrier.ts'
import { aChildAgent } from './support/child-agent.ts'
import { allowEverything } from './support/policy.ts'
import { quarantined } from './support/quarantine.ts'
import { getStream, removeStream, setStream } from './support/streams.ts'

const REDUCED = '[ZoneTransfer]\r\nZoneId=3\r\n'
const HOST = 'https://downloads.example.com/x.exe'
const WRITTEN = `[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=${HOST}\r\n`

function withMark(state: Record<string, unknown>, content: string): Record<string, unknown> {
  const value = Buffer.from(`${content}\0`).toString('hex')
  const attributes = {
    ...(state.attributes as object),
    'user.DosStream.Zone.Identifier:$DATA': value,
  }
  return { ...state, attributes }
}

function aMark(target: Pick<OrderTarget, 'volumeId' | 'identity' | 'path'>): MarkTarget {
  const { volumeId, identity, path } = target
  const origin: MarkOrigin = { zoneId: 3, hostUrl: HOST }
  const targetId = crypto.randomUUID() as MarkTarget['targetId']
  return {
    targetId,
    volumeId,
    identity,
    path,
    stream: 'Zone.Identifier',
    expected: 'absent',
    origin,
  }
}

async function aReducible(): Promise<{ place: Place; path: string; target: OrderTarget }> {
  const place = aPlace()
  allowEverything(place)
  const path = aCarrier(place)
  return { place, path, target: await aTarget(place.data, path) }
}

/** A carrier whose mark was lost. */
async function anUnmarked(): Promise<{ place: Place; path: string; target: MarkTarget }> {
  const { place, path, target } = await aReducible()
  removeStream(path, 'Zone.Identifier')
  return { place, path, target: aMark(target) }
}

describe('reduce', () => {
  it('leaves exactly the zone, and its undo the exact bytes; the carrier stays as it was', async () => {
    const { place, path, target } = await aReducible()
    const before = stateOf(path)
    const agent = await anAgent(place, { scope: [place.data] })
    const { body } = await post(agent, '/v1/reduce', aStrip(target))
    expect(body.receipts[0]).toMatchObject({ outcome: 'done' })
    expect(stateOf(path)).toEqual(withMark(before, REDUCED))
    expect(quarantined(place).get(target.targetId)?.toString()).toBe(MARK)
    const undone = await post(agent, '/v1/restore', aRestore(target))
    expect(undone.body.receipts[0]).toMatchObject({ outcome: 'done' })
    expect(stateOf(path)).toEqual(before)
  })

  it('tells the list of streams at once what is there now', async () => {
    const { place, path, target } = await aReducible()
    const agent = await anAgent(place, { scope: [place.data] })
    await post(agent, '/v1/reduce', aStrip(target))
    const again = { ...target, targetId: crypto.randomUUID() as never }
    const now = { ...again, sizeBytes: REDUCED.length, sha256: sha256(REDUCED) }
    const { body } = await post(agent, '/v1/reduce', aStrip(now))
    expect(body.receipts[0]).toMatchObject({
      outcome: 'done',
      reason: expect.stringContaining('nothing else'),
    })
    expect(getStream(path, 'Zone.Identifier')?.toString()).toBe(REDUCED)
    expect([...quarantined(place).keys()]).toEqual([target.targetId])
  })

  it.each(['before-replace', 'after-replace'] as const)(
    'is done once after a crash %s, by the next start alone',
    async (crashAt) => {
      const { place, path, target } = await aReducible()
      const before = stateOf(path)
      const doomed = await aChildAgent(place, { crashAt })
      await doomed.post('/v1/reduce', aStrip(target)).catch(() => null)
      await doomed.died()
      const agent = await anAgent(place, { scope: [place.data] })
      expect(stateOf(path)).toEqual(withMark(before, REDUCED))
      const { body } = await post(agent, '/v1/reduce', aStrip(target))
      expect(body.receipts[0]).toMatchObject({ outcome: 'done' })
      await post(agent, '/v1/restore', aRestore(target))
      expect(stateOf(path)).toEqual(before)
    },
  )

  it('finishes a stream that a crash left half written', async () => {
    const { place, path, target } = await aReducible()
    const doomed = await aChildAgent(place, { crashAt: 'before-replace' })
    await doomed.post('/v1/reduce', aStrip(target)).catch(() => null)
    await doomed.died()
    setStream(path, 'Zone.Identifier', REDUCED + MARK.slice(REDUCED.length))
    await anAgent(place, { scope: [place.data] })
    expect(getStream(path, 'Zone.Identifier')?.toString()).toBe(REDUCED)
  })
})

describe('mark', () => {
  it('writes the origin onto a file that lost it; a strip of what was written undoes it', async () => {
    const { place, path, target } = await anUnmarked()
    const before = stateOf(path)
    const agent = await anAgent(place, { scope: [place.data] })
    const { body } = await post(agent, '/v1/mark', { ...aStrip(), targets: [target] })
    expect(body.receipts[0]).toMatchObject({ outcome: 'done' })
    expect(stateOf(path)).toEqual(withMark(before, WRITTEN))
    const repeat = await post(agent, '/v1/mark', { ...aStrip(), targets: [target] })
    expect(repeat.body).toEqual(body)
    const written = await aTarget(place.data, path)
    expect(written).toMatchObject({ sizeBytes: WRITTEN.length, sha256: sha256(WRITTEN) })
    await post(agent, '/v1/strip', aStrip(written))
    expect(stateOf(path)).toEqual(before)
  })

  it.each(['Zone.Identifier', 'zone.identifier'])(
    'never writes where there is a %s',
    async (name) => {
      const { place, path, target } = await anUnmarked()
      setStream(path, name, 'whatever')
      const before = stateOf(path)
      const agent = await anAgent(place, { scope: [place.data] })
      const { body } = await post(agent, '/v1/mark', { ...aStrip(), targets: [target] })
      expect(body.receipts[0]).toMatchObject({ outcome: 'changed' })
      expect(stateOf(path)).toEqual(before)
    },
  )

  it('touches no other file that stands at the path now', async () => {
    const { place, path, target } = await anUnmarked()
    const other = aCarrier(place, 'other')
    removeStream(other, 'Zone.Identifier')
    renameSync(other, path)
    const before = stateOf(path)
    const agent = await anAgent(place, { scope: [place.data] })
    const { body } = await post(agent, '/v1/mark', { ...aStrip(), targets: [target] })
    expect(body.receipts[0]).toMatchObject({ outcome: 'changed' })
    expect(stateOf(path)).toEqual(before)
  })

  it.each([
    { zoneId: 9 },
    { zoneId: 3, hostUrl: 'https://x\r\nZoneId=0' },
    { zoneId: 3, hostUrl: 'ftp://x' },
  ])('takes no request with the origin %j', async (origin) => {
    const { place, target } = await anUnmarked()
    const agent = await anAgent(place, { scope: [place.data] })
    const targets = [{ ...target, origin }]
    expect((await post(agent, '/v1/mark', { ...aStrip(), targets })).status).toBe(400)
  })

  it.each(['before-create', 'after-create'] as const)(
    'is done once after a crash %s',
    async (crashAt) => {
      const { place, path, target } = await anUnmarked()
      const before = stateOf(path)
      const doomed = await aChildAgent(place, { crashAt })
      await doomed.post('/v1/mark', { ...aStrip(), targets: [target] }).catch(() => null)
      await doomed.died()
      const agent = await anAgent(place, { scope: [place.data] })
      expect(stateOf(path)).toEqual(withMark(before, WRITTEN))
      const { body } = await post(agent, '/v1/mark', { ...aStrip(), targets: [target] })
      expect(body.receipts[0]).toMatchObject({ outcome: 'done' })
      expect(readFileSync(path, 'utf8')).toBe('content of setup.exe')
    },
  )
})

describe('a batch that a crash cut in two', () => {
  it('has one removal and one receipt for each target', async () => {
    const place = aPlace()
    const paths = ['a', 'b', 'c'].map((name) => aCarrier(place, name))
    const before = paths.map(stateOf)
    const targets = await Promise.all(paths.map((path) => aTarget(place.data, path)))
    const doomed = await aChildAgent(place, { crashAt: 'between-remove' })
    await doomed.post('/v1/strip', aStrip(...targets)).catch(() => null)
    await doomed.died()
    expect(paths.filter((path) => getStream(path, 'Zone.Identifier') === null)).toHaveLength(1)
    const agent = await anAgent(place, { scope: [place.data] })
    const { body } = await post(agent, '/v1/strip', aStrip(...targets))
    expect(body.receipts.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'done',
      'done',
      'done',
    ])
    expect(paths.map(stateOf)).toEqual(before.map(withoutMark))
  })
})
