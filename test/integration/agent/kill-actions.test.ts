/**
 * Reduce, mark and restore, with the agent killed at any moment: each target is done once, what was there before
 * is kept, and the carriers are to the byte and to the nanosecond what they were.
 */
import { chmodSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import {
  accessTimesOf,
  ageAccessTimes,
  compareSnapshots,
  sambaXattrName,
  snapshotFolder,
} from '../../../scripts/lib/independent-disk.ts'
import { MAX_TARGETS_PER_REQUEST } from '../../../server/protocol/limits.ts'
import type { MarkTarget, OrderTarget } from '../../../server/protocol/order.ts'
import { zoneIdentifierBytes } from '../../../server/streams/zone-identifier-text.ts'
import { addon, scanAll } from '../../support/native.ts'
import { aCentral, aPlace, enrolled, type Place } from './support/agent-fixture.ts'
import { aRestore, aStrip, MARK } from './support/carrier.ts'
import { aChildAgent } from './support/child-agent.ts'
import { allowEverything } from './support/policy.ts'
import { quarantined } from './support/quarantine.ts'
import { setStreams, streamsIn } from './support/streams.ts'

const KILLS = 8
const ACTIONS = ['reduce', 'mark', 'restore'] as const
type Action = (typeof ACTIONS)[number]
const REDUCED = '[ZoneTransfer]\r\nZoneId=3\r\n'
const ORIGIN = { zoneId: 3, hostUrl: 'https://example.com/written' }
const WRITTEN = Buffer.from(zoneIdentifierBytes(ORIGIN)).toString()

/** Of a round, in this order; old times, and modes that differ. */
function makeFiles(place: Place): void {
  const streams = []
  for (let n = 0; n < KILLS * MAX_TARGETS_PER_REQUEST; n += 1) {
    for (const action of ACTIONS) {
      const path = join(place.data, `${action}-${n}`)
      writeFileSync(path, `content ${n}`)
      chmodSync(path, n % 2 === 0 ? 0o640 : 0o755)
      streams.push({ path, stream: 'Other', content: `stays ${n}` })
      if (action !== 'mark')
        streams.push({ path, stream: 'Zone.Identifier', content: `${MARK}; ${n}` })
    }
  }
  setStreams(streams)
  for (const { path } of streams) utimesSync(path, 1_600_000_000, 1_500_000_000)
}

interface Targets {
  readonly reduce: readonly OrderTarget[]
  readonly mark: readonly MarkTarget[]
  /** To be stripped first. */
  readonly restore: readonly OrderTarget[]
}

async function targetsIn(place: Place): Promise<Targets> {
  const { volumeId } = await addon.probe(place.data)
  const found = { reduce: [], mark: [], restore: [] } as Record<Action, object[]>
  for (const stream of (await scanAll(place.data, { hash: true })).streams) {
    const { path, name, identity, size, sha256 } = stream
    const action = path.slice(place.data.length + 1).split('-')[0] as Action
    const what = { targetId: crypto.randomUUID(), volumeId, identity, path }
    if (action === 'mark') {
      const wanted = { stream: 'Zone.Identifier', expected: 'absent', origin: ORIGIN }
      found.mark.push({ ...what, ...wanted })
    } else if (name === 'Zone.Identifier') {
      found[action].push({ ...what, stream: name, sizeBytes: Number(size), sha256 })
    }
  }
  return found as unknown as Targets
}

it('an agent killed at any moment reduces, marks and restores each target once and leaves carriers alone', {
  timeout: 300_000,
}, async () => {
  const place = aPlace()
  const central = await aCentral()
  await enrolled(place, central)
  allowEverything(place)
  makeFiles(place)
  const targets = await targetsIn(place)
  const first = await aChildAgent(place)
  for (let at = 0; at < targets.restore.length; at += MAX_TARGETS_PER_REQUEST) {
    const { body } = await first.post(
      '/v1/strip',
      aStrip(...targets.restore.slice(at, at + MAX_TARGETS_PER_REQUEST)),
    )
    for (const { outcome } of body.receipts) expect(outcome).toBe('done')
  }
  await first.kill()
  const before = snapshotFolder(place.data)
  const accessed = ageAccessTimes(place.data)

  const requests: [path: string, body: unknown][] = []
  let interrupted = 0
  for (let round = 0; round < KILLS; round += 1) {
    const of = <T>(all: readonly T[]) =>
      all.slice(round * MAX_TARGETS_PER_REQUEST, (round + 1) * MAX_TARGETS_PER_REQUEST)
    const asked: [string, unknown][] = [
      ['/v1/reduce', aStrip(...of(targets.reduce))],
      ['/v1/mark', { ...aStrip(), targets: of(targets.mark) }],
      ['/v1/restore', { ...aStrip(), targets: of(targets.restore).map(restoreOf) }],
    ]
    requests.push(...asked)
    const agent = await aChildAgent(place)
    const answers = asked.map(([path, body]) => agent.post(path, body).catch(() => null))
    await sleep(Math.random() * 60)
    await agent.kill()
    interrupted += (await Promise.all(answers)).filter((answer) => answer === null).length
    expectWhole(place, targets)
    expect(withoutRoot(accessTimesOf(place.data))).toEqual(withoutRoot(accessed))
  }
  expect(interrupted).toBeGreaterThan(0)

  const last = await aChildAgent(place)
  for (const [path, body] of requests) {
    const answer = await last.post(path, body)
    for (const receipt of answer.body.receipts) expect(receipt).toMatchObject({ outcome: 'done' })
    expect((await last.post(path, body)).body).toEqual(answer.body)
  }
  await last.kill()
  expect(withoutRoot(accessTimesOf(place.data))).toEqual(withoutRoot(accessed))
  expectAllDone(place, targets)
  const changes = compareSnapshots(before, snapshotFolder(place.data))
  const key = sambaXattrName('Zone.Identifier')
  expect(
    changes.filter((line) => !/^(reduce|mark|restore)-/.test(line) || !line.includes(key)),
  ).toEqual([])
  expect(changes).toHaveLength(ACTIONS.length * KILLS * MAX_TARGETS_PER_REQUEST)
})

const restoreOf = (target: OrderTarget) => aRestore(target).targets[0]

const numberOf = (path: string) => path.split('-').at(-1)

/** Every stream is what it was or what it is to be; what it was is kept before it is anything else. */
function expectWhole(place: Place, targets: Targets): void {
  const streams = streamsIn(place.data)
  const kept = quarantined(place)
  const now = ({ path }: { path: string }) => streams.get(`${path}:Zone.Identifier`) ?? null
  for (const target of targets.reduce) {
    const original = `${MARK}; ${numberOf(target.path)}`
    if (now(target) === original) continue
    expect(now(target)).toBe(REDUCED)
    expect(kept.get(target.targetId)?.toString()).toBe(original)
  }
  for (const target of targets.mark) expect([null, WRITTEN]).toContain(now(target))
  for (const target of targets.restore) {
    const original = `${MARK}; ${numberOf(target.path)}`
    expect([null, original]).toContain(now(target))
    expect(kept.get(target.targetId)?.toString()).toBe(original)
  }
}

function expectAllDone(place: Place, { reduce, mark, restore }: Targets): void {
  const streams = streamsIn(place.data)
  const at = ({ path }: { path: string }) => streams.get(`${path}:Zone.Identifier`)
  for (const target of reduce) expect(at(target)).toBe(REDUCED)
  for (const target of mark) expect(at(target)).toBe(WRITTEN)
  for (const target of restore) expect(at(target)).toBe(`${MARK}; ${numberOf(target.path)}`)
  for (const { path } of [...reduce, ...mark, ...restore]) {
    expect(streams.get(`${path}:Other`)).toBe(`stays ${numberOf(path)}`)
  }
}

/** The folder itself is listed by those who look. */
function withoutRoot({ '.': _, ...times }: Record<string, string>): Record<string, string> {
  return times
}
