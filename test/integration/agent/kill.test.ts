import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { OrderTarget, StripRequest } from '../../../server/protocol/order.ts'
import { addon, scanAll } from '../../support/native.ts'
import { aCentral, aPlace, enrolled, type Place } from './support/agent-fixture.ts'
import { aStrip, MARK } from './support/carrier.ts'
import { aChildAgent, type ChildAgent } from './support/child-agent.ts'
import { quarantined } from './support/quarantine.ts'
import { setStreams, streamsIn } from './support/streams.ts'
import { until } from './support/until.ts'

const KILLS = 24
const FILES = 400

async function targetsOf(place: Place, from: number, count: number): Promise<OrderTarget[]> {
  const { volumeId } = await addon.probe(place.data)
  const { streams } = await scanAll(place.data, { hash: true })
  const marks = streams.filter((stream) => stream.path.includes('/file-')).slice(from, from + count)
  return marks.map(
    ({ path, name, identity, size, sha256 }) =>
      ({
        targetId: crypto.randomUUID(),
        volumeId,
        identity,
        path,
        stream: name,
        sizeBytes: Number(size),
        sha256,
      }) as OrderTarget,
  )
}

function makeFiles(place: Place): void {
  const streams = []
  for (let i = 0; i < FILES; i++) {
    const path = join(place.data, `file-${i}`)
    writeFileSync(path, String(i))
    streams.push({ path, stream: 'Zone.Identifier', content: `${MARK}; ${i}` })
  }
  setStreams(streams)
}

/** Something new, something changed, something gone: outside of what is stripped. */
function churn(place: Place, round: number): void {
  const path = join(place.data, `churn-${round}`)
  writeFileSync(path, '')
  setStreams([
    { path, stream: 'Zone.Identifier', content: MARK },
    { path: join(place.data, 'churn-0'), stream: 'Zone.Identifier', content: `${MARK}${round}` },
  ])
  if (round > 2) unlinkSync(join(place.data, `churn-${round - 2}`))
}

describe('an agent killed at any moment', () => {
  it('loses nothing, repeats nothing and strips each target once', {
    timeout: 300_000,
  }, async () => {
    const place = aPlace()
    const central = await aCentral()
    await enrolled(place, central)
    makeFiles(place)
    const orders: StripRequest[] = []
    let agent: ChildAgent | null = null
    for (let round = 0; round < KILLS; round++) {
      churn(place, round)
      orders.push(aStrip(...(await targetsOf(place, 0, 10))))
      central.loseNextAck = round % 5 === 4
      agent = await aChildAgent(place, { scanEverySeconds: 1 })
      const asked = agent.post('/v1/strip', orders.at(-1)).catch(() => null)
      await sleep(Math.random() ** 2 * 600)
      await agent.kill()
      await asked
      expectKept(place, orders)
    }
    const last = await aChildAgent(place)
    for (const order of orders) {
      const { status, body } = await last.post('/v1/strip', order)
      expect(status).toBe(200)
      const again = await last.post('/v1/strip', order)
      expect(again.body).toEqual(body)
      for (const { outcome } of body.receipts) expect(['done', 'gone']).toContain(outcome)
    }
    await expectOneRemovalEach(last, orders)
    await until(async () => (await last.status()).scanning === null)
    await last.post('/v1/scan', {})
    await until(async () => {
      const status = await last.status()
      return status.scanning === null && status.unacknowledged === 0 && status.link === 'connected'
    })
    expect(central.streams()).toEqual([...streamsIn(place.data).keys()].sort())
    const sequences = central.deltas.map((delta) => delta.sequence)
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b))
    await last.kill()
    const before = central.hellos.length
    const comparisons = central.comparisons
    await aChildAgent(place)
    await until(() => central.hellos.length > before)
    expect(central.comparisons).toBe(comparisons)
  })
})

/** Whatever is not on the disk any more is in quarantine, byte for byte. */
function expectKept(place: Place, orders: readonly StripRequest[]): void {
  const idsByPath = Map.groupBy(
    orders.flatMap((order) => order.targets),
    (target) => target.path,
  )
  const onDisk = streamsIn(place.data)
  const kept = quarantined(place)
  for (const [path, targets] of idsByPath) {
    if (onDisk.has(`${path}:Zone.Identifier`)) continue
    const copies = targets.map(({ targetId }) => kept.get(targetId)?.toString())
    expect(copies).toContain(`${MARK}; ${path.split('-').at(-1)}`)
  }
}

/** Of the orders that named one stream, exactly one removed it; the others found it gone. */
async function expectOneRemovalEach(
  agent: ChildAgent,
  orders: readonly StripRequest[],
): Promise<void> {
  const done = new Map<string, number>()
  for (const order of orders) {
    const { body } = await agent.post('/v1/strip', order)
    for (const [i, { outcome }] of body.receipts.entries()) {
      const path = order.targets[i]?.path ?? ''
      done.set(path, (done.get(path) ?? 0) + (outcome === 'done' ? 1 : 0))
    }
  }
  expect([...done.values()].every((count) => count === 1)).toBe(true)
}
