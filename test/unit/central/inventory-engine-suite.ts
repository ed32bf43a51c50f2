/**
 * What every inventory engine must do, told as tests. An engine comes with a factory; the suite knows nothing of how
 * it keeps things.
 */
import { randomUUID } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DeltaRefused,
  type InventoryEngine,
  MAX_NOTABLE,
  type StoredStream,
} from '../../../server/central/store/inventory/inventory-engine.ts'
import type { StoredDelta } from '../../../server/central/store/inventory/stored-delta.ts'
import type { MachineId } from '../../../server/protocol/ids.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import { EMPTY_DIGEST } from '../../../server/shared/inventory-digest.ts'
import { inventoryOf, keyOf, stream, streams } from '../../integration/central/test-agent.ts'
import { InventoryModel, keyText } from './inventory-model.ts'
import { oddDelta } from './odd-reports.ts'

export interface EngineUnderTest {
  readonly engine: InventoryEngine
  /** Closes the engine and opens it again on the same data. */
  reopen(): Promise<void>
}

const EVERYTHING = { kind: 'all' } as const
const NOW = 1_700_000_000_000

export function describeInventoryEngine(name: string, open: () => Promise<EngineUnderTest>): void {
  describe(`the inventory engine over ${name}`, () => {
    describe('deltas', () => describeDeltas(open))
    describe('resyncs and resume points', () => describeResyncs(open))
    describe('reading', () => describeReading(open))
    describe('any deltas', () => describeAnyDeltas(open))
  })
}

function describeDeltas(open: () => Promise<EngineUnderTest>): void {
  it('are refused for a machine that was never put', async () => {
    const { engine } = await open()
    const unknown = randomUUID() as string as MachineId
    await expect(engine.apply(unknown, delta({}), NOW)).rejects.toThrow(DeltaRefused)
    expect(engine.held(unknown)).toBe(undefined)
  })

  it('are taken as they come from the wire, and only if they are deltas', async () => {
    const { engine } = await open()
    const machineId = await put(engine)
    const frame = (value: unknown) => zstdCompressSync(JSON.stringify(value))
    const good = {
      type: 'inventory.delta',
      sequence: 1,
      resync: null,
      upserts: [stream()],
      gone: [],
    }
    expect(await engine.applyFrame(machineId, frame(good), NOW)).toMatchObject({ changed: 1 })
    const bad = [
      frame({ ...good, upserts: [{ ...stream(), stream: '' }] }),
      frame({ ...good, extra: 1 }),
      frame({ type: 'scan.progress' }),
      zstdCompressSync('{'),
      Buffer.from('no zstd'),
      zstdCompressSync(Buffer.alloc(32 * 1024 * 1024)),
    ]
    for (const bytes of bad) {
      await expect(engine.applyFrame(machineId, bytes, NOW)).rejects.toMatchObject({
        name: 'FrameError',
      })
    }
    expect(engine.held(machineId)?.counts.streams).toBe(1)
  })

  it('change nothing when they come again, and say so', async () => {
    const { engine } = await open()
    const machineId = await put(engine)
    const first = await engine.apply(machineId, delta({ upserts: streams(3) }), NOW)
    const { count: streamCount, digest } = inventoryOf(streams(3))
    const counts = { streams: streamCount, marks: 3, suspicious: 0 }
    expect(first).toMatchObject({ sequence: 1, changed: 3, counts, digest })
    const again = await engine.apply(machineId, delta({ upserts: streams(3) }), NOW + 5_000)
    expect(again).toMatchObject({ changed: 0, counts, digest, notable: [] })
  })

  it('store a change of any one field', async () => {
    const { engine } = await open()
    const machineId = await put(engine)
    const { origin } = stream()
    const changes: Partial<ReportedStream>[] = [
      { path: 'C:\\Downloads\\setup2.exe', links: ['C:\\Downloads\\setup.exe'] },
      { links: ['C:\\Downloads\\setup.exe', 'C:\\other.exe'] },
      { kind: 'directory' },
      { sizeBytes: 121 },
      { allocatedBytes: 4096 },
      { isResident: false },
      { modifiedAt: '2026-11-20T08:00:00.1234568Z' },
      { sha256: 'b'.repeat(64) },
      { sha256: null },
      { verdict: 'unknown' },
      { rule: 'another' },
      { origin: null },
      { origin: { ...origin!, id: 4 } },
      { origin: { ...origin!, hostUrl: 'https://cdn.example.com/setup.exe#' } },
      { origin: { ...origin!, referrerUrl: null } },
      { origin: { ...origin!, hostIpAddress: '192.0.2.1' } },
      { origin: { ...origin!, lastWriterPackageFamilyName: 'Edge' } },
      { origin: { ...origin!, appZoneId: 3 } },
      { origin: { ...origin!, appDefinedZoneId: 3 } },
    ]
    for (const change of changes) {
      for (const report of [stream(), stream(change)]) {
        const applied = await engine.apply(machineId, delta({ upserts: [report] }), NOW)
        expect(applied.digest).toBe(inventoryOf([report]).digest)
        const [row] = await allOf(engine, machineId)
        expect(reportOf(row!)).toEqual(report)
      }
    }
  })

  it('keep a stream the same one through change, going and coming back', async () => {
    const { engine } = await open()
    const machineId = await put(engine)
    const shown = async () => (await allOf(engine, machineId))[0]!
    await engine.apply(machineId, delta({ upserts: [stream()] }), NOW)
    const { streamId } = await shown()
    await engine.apply(machineId, delta({ upserts: [stream({ sizeBytes: 9 })] }), NOW + 60_000)
    expect(await shown()).toMatchObject({
      streamId,
      sizeBytes: 9,
      firstSeenAt: NOW,
      lastSeenAt: NOW + 60_000,
      goneAt: null,
    })
    await engine.apply(machineId, delta({ gone: [keyOf(stream())] }), NOW + 90_000)
    expect(await shown()).toMatchObject({
      streamId,
      goneAt: NOW + 90_000,
      lastSeenAt: NOW + 60_000,
    })
    await engine.apply(machineId, delta({ upserts: [stream()] }), NOW + 120_000)
    expect(await shown()).toMatchObject({ streamId, goneAt: null, firstSeenAt: NOW })
  })

  it('tell of marks and suspicious streams that appear and go, and of no more than a few', async () => {
    const { engine } = await open()
    const machineId = await put(engine)
    const kinds = async (changes: Partial<StoredDelta>) =>
      (await engine.apply(machineId, delta(changes), NOW)).notable.map(({ kind }) => kind)
    expect(await kinds({ upserts: [stream({ verdict: 'unknown' })] })).toEqual([])
    expect(await kinds({ upserts: [stream()] })).toEqual(['mark-appeared'])
    expect(await kinds({ upserts: [stream({ verdict: 'suspicious' })] })).toEqual([
      'suspicious-appeared',
      'mark-gone',
    ])
    expect(await kinds({ gone: [keyOf(stream())] })).toEqual(['suspicious-gone'])
    expect(await kinds({ upserts: streams(MAX_NOTABLE + 10) })).toHaveLength(MAX_NOTABLE)
  })

  it('of many machines at once are all there, each with its own', async () => {
    const { engine } = await open()
    const machines = await Promise.all(Array.from({ length: 20 }, (_, n) => put(engine, `PC-${n}`)))
    const applied = machines.flatMap((machineId, n) => [
      engine.apply(machineId, delta({ upserts: streams(n) }), NOW),
      engine.apply(machineId, delta({ upserts: [stream()] }), NOW),
    ])
    await Promise.all(applied)
    for (const [n, machineId] of machines.entries()) {
      expect(engine.held(machineId)).toMatchObject({
        counts: { streams: n + 1 },
        digest: inventoryOf([...streams(n), stream()]).digest,
      })
    }
    expect(engine.totals().streams).toBe((20 * 19) / 2 + 20)
  })
}

function describeResyncs(open: () => Promise<EngineUnderTest>): void {
  it('take for gone what was not named, once, and what came meanwhile is named', async () => {
    const { engine } = await open()
    const machineId = await put(engine)
    const all = streams(5)
    await engine.apply(machineId, delta({ upserts: all }), NOW)
    const resync = (isLast: boolean) => ({ id: 'r', isLast })
    const apply = (changes: Partial<StoredDelta>) => engine.apply(machineId, delta(changes), NOW)
    await apply({ upserts: [all[0]!], resync: resync(false) })
    await apply({ upserts: [stream()] })
    await apply({ upserts: [all[1]!], resync: resync(true) })
    expect(engine.held(machineId)?.digest).toBe(inventoryOf([all[0]!, all[1]!, stream()]).digest)
    await apply({ upserts: [all[2]!] })
    // A repeat of the last takes nothing away that came after it.
    await apply({ upserts: [all[1]!], resync: resync(true) })
    expect(engine.held(machineId)?.counts.streams).toBe(4)
  })

  it('that cannot be ended, because the engine forgot what was named, are refused', async () => {
    const under = await open()
    const machineId = await put(under.engine)
    await under.engine.apply(machineId, delta({ upserts: streams(5) }), NOW)
    const part = (isLast: boolean) => delta({ upserts: [stream()], resync: { id: 'r', isLast } })
    await under.engine.apply(machineId, part(false), NOW)
    await under.reopen()
    await expect(under.engine.apply(machineId, part(true), NOW)).rejects.toThrow(DeltaRefused)
    expect(under.engine.held(machineId)?.counts.streams).toBe(6)
    const other = delta({ upserts: [stream()], resync: { id: 'another', isLast: true } })
    await under.engine.apply(machineId, other, NOW)
    expect(under.engine.held(machineId)?.counts.streams).toBe(1)
  })

  it('go on after a restart from the last delta that was applied', async () => {
    const under = await open()
    const machineId = await put(under.engine)
    const begin = (epoch: string | null) => under.engine.beginConnection(machineId, epoch)
    expect(await begin('one')).toEqual({
      epoch: 'one',
      sequence: 0,
      count: 0,
      digest: EMPTY_DIGEST,
    })
    for (const sequence of [1, 2]) {
      const upserts = [streams(2)[sequence - 1]!]
      await under.engine.apply(machineId, delta({ sequence, upserts }), NOW)
    }
    await under.reopen()
    const { count, digest } = inventoryOf(streams(2))
    expect(await begin('one')).toEqual({ epoch: 'one', sequence: 2, count, digest })
    // A repeat says nothing new, even where it would: what came after it counts.
    const old = delta({ sequence: 2, gone: [keyOf(streams(1)[0]!)] })
    expect(await under.engine.apply(machineId, old, NOW)).toMatchObject({ changed: 0, sequence: 2 })
    const gap = under.engine.apply(machineId, delta({ sequence: 4 }), NOW)
    await expect(gap).rejects.toThrow(DeltaRefused)
    await under.engine.apply(machineId, delta({ sequence: 3, upserts: [stream()] }), NOW)
    expect((await begin('two')).sequence).toBe(0)
    expect((await begin(null)).epoch).toBe(null)
    await under.engine.apply(machineId, delta({ sequence: 9 }), NOW)
  })
}

function describeReading(open: () => Promise<EngineUnderTest>): void {
  it('gives pages without gaps and repeats, and totals to match', async () => {
    const { engine } = await open()
    const [a, b] = [await put(engine, 'A'), await put(engine, 'B')]
    await engine.apply(a, delta({ upserts: streams(30) }), NOW)
    await engine.apply(b, delta({ upserts: streams(12) }), NOW)
    const filter = { query: EVERYTHING, presence: 'live' } as const
    const seen: number[] = []
    let cursor: string | null | undefined
    do {
      const page = await engine.page(filter, { limit: 10, cursor: cursor ?? undefined })
      seen.push(...page.streams.map(({ streamId }) => streamId))
      cursor = page.cursor
    } while (cursor !== null)
    expect([seen.length, new Set(seen).size]).toEqual([42, 42])
    expect(await engine.count(filter)).toEqual({ total: 42, isExact: true })
    expect(await engine.facets(filter)).toMatchObject({
      total: 42,
      machines: [
        { value: 'A', count: 30 },
        { value: 'B', count: 12 },
      ],
      verdicts: [{ value: 'mark', count: 42 }],
    })
    expect((await engine.listByIds([seen[0]!, 999_999, seen[5]!])).length).toBe(2)
    expect(await engine.find(seen[3]!)).toMatchObject({ streamId: seen[3] })
    expect(await engine.find(999_999)).toBe(undefined)
  })

  it('says on which machines a carrier is, and suggests what is frequent first', async () => {
    const { engine } = await open()
    const [a, b, c] = [await put(engine, 'A'), await put(engine, 'B'), await put(engine, 'C')]
    const setup = stream({ path: 'C:\\x\\setup.exe', links: ['C:\\x\\setup.exe'] })
    await engine.apply(a, delta({ upserts: [setup, ...streams(3)] }), NOW)
    await engine.apply(b, delta({ upserts: [setup] }), NOW)
    await engine.apply(b, delta({ gone: [keyOf(setup)] }), NOW)
    await engine.apply(c, delta({ upserts: streams(1) }), NOW)
    const where = await engine.whereIs({ by: 'name', value: 'SETUP.exe' }, { limit: 5 })
    expect(where.machines).toMatchObject([
      { hostname: 'A', live: 1, liveMarks: 1, gone: 0 },
      { hostname: 'B', live: 0, gone: 1 },
    ])
    expect(await engine.suggest('name', 'FILE-', 2)).toEqual([
      { value: 'file-0.exe', count: 2 },
      { value: 'file-1.exe', count: 1 },
    ])
  })

  it('shows a stream as seen when its volume was last scanned completely, and whether that is writable', async () => {
    const { engine } = await open()
    const machineId = await put(engine)
    await engine.apply(machineId, delta({ upserts: [stream()] }), NOW)
    const [before] = await allOf(engine, machineId)
    expect(before).toMatchObject({ lastSeenAt: NOW, isVolumeWritable: false })
    const { volumeId } = stream()
    const confirmedAt = NOW + 9_000
    await engine.setVolumes(machineId, [{ volumeId, isWritable: true, confirmedAt }])
    await engine.setVolumes(machineId, [{ volumeId, isWritable: true, confirmedAt: null }])
    const [after] = await allOf(engine, machineId)
    expect(after).toMatchObject({ lastSeenAt: confirmedAt, isVolumeWritable: true })
    await engine.apply(machineId, delta({ gone: [keyOf(stream())] }), NOW + 20_000)
    const [gone] = await allOf(engine, machineId)
    expect(gone).toMatchObject({ lastSeenAt: confirmedAt, goneAt: NOW + 20_000 })
  })

  it('ends when nobody waits any more, and when its time is over', async () => {
    const { engine } = await open()
    const machineId = await put(engine)
    for (let n = 0; n < 4; n += 1) {
      const upserts = streams(500).map((each) => ({
        ...each,
        identity: `posix:${n}:${each.identity.slice(5)}`,
      }))
      await engine.apply(machineId, delta({ upserts: upserts as never }), NOW)
    }
    const filter = {
      query: { kind: 'text', field: 'path', pattern: 'nowhere' },
      presence: 'any',
    } as const
    await expect(engine.count(filter, { deadlineMs: -1 })).rejects.toMatchObject({
      code: 'SEARCH_TIMEOUT',
    })
    const leaver = new AbortController()
    leaver.abort()
    const left = engine.count(filter, { signal: leaver.signal })
    await expect(left).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('forgets what went long ago, and never gives its number again', async () => {
    const { engine } = await open()
    const machineId = await put(engine)
    await engine.apply(machineId, delta({ upserts: streams(5) }), NOW)
    const gone = streams(3).map(keyOf)
    await engine.apply(machineId, delta({ gone }), NOW + 1_000)
    const before = await allOf(engine, machineId)
    expect(await engine.prune(NOW + 1_000)).toBe(0)
    expect(await engine.prune(NOW + 1_001)).toBe(3)
    expect((await allOf(engine, machineId)).map((row) => row.path)).toEqual(
      streams(5)
        .slice(3)
        .map((each) => each.path),
    )
    await engine.apply(machineId, delta({ upserts: streams(1) }), NOW + 2_000)
    const newest = (await allOf(engine, machineId)).at(-1)!
    expect(before.map(({ streamId }) => streamId)).not.toContain(newest.streamId)
    expect(engine.held(machineId)?.counts.streams).toBe(3)
  })
}

function describeAnyDeltas(open: () => Promise<EngineUnderTest>): void {
  const steps = (maxLength: number) =>
    fc.array(fc.record({ delta: oddDelta, times: fc.constantFrom(1, 2) }), { maxLength })

  it('leave what plain maps would hold, after every one of them', async () => {
    const { engine } = await open()
    await fc.assert(
      fc.asyncProperty(steps(8), async (all) => {
        const machineId = await put(engine)
        const model = new InventoryModel()
        const numbers = new Map<string, number>()
        for (const { delta: changes, times } of all) {
          for (let time = 0; time < times; time += 1) {
            await engine.apply(machineId, { ...changes, sequence: 1 }, NOW)
            model.apply({ ...changes, sequence: 1 })
          }
          await expectEqual(engine, machineId, model, numbers)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('leave the same after being closed and opened', async () => {
    const under = await open()
    await fc.assert(
      fc.asyncProperty(steps(4), async (all) => {
        const machineId = await put(under.engine)
        const model = new InventoryModel()
        const numbers = new Map<string, number>()
        for (const [index, { delta: changes }] of all.entries()) {
          // A resync does not outlive its engine: each is begun and ended by one delta here.
          const resync = changes.resync && { ...changes.resync, id: `r${index}`, isLast: true }
          const each = { ...changes, resync, sequence: 1 }
          await under.engine.apply(machineId, each, NOW)
          model.apply(each)
          await under.reopen()
          await expectEqual(under.engine, machineId, model, numbers)
        }
      }),
      { numRuns: 4 },
    )
  })
}

/** Every stream, its presence and its number; counts, digest and digests of buckets. */
async function expectEqual(
  engine: InventoryEngine,
  machineId: MachineId,
  model: InventoryModel,
  numbers: Map<string, number>,
): Promise<void> {
  expect(engine.held(machineId)).toEqual(model.held())
  const rows = await allOf(engine, machineId)
  const shown = new Map(rows.map((row) => [keyText(row), row]))
  expect(shown.size).toBe(model.streams.size)
  for (const [text, { report, isGone }] of model.streams) {
    const row = shown.get(text)!
    expect({ report: reportOf(row), isGone: row.goneAt !== null }).toEqual({ report, isGone })
    expect(numbers.get(text) ?? row.streamId).toBe(row.streamId)
    numbers.set(text, row.streamId)
  }
  expect(await engine.bucketDigests(machineId, 4)).toEqual(model.bucketDigests(4))
}

function reportOf(row: StoredStream): ReportedStream {
  const {
    streamId,
    machineId,
    hostname,
    firstSeenAt,
    lastSeenAt,
    goneAt,
    isVolumeWritable,
    ...report
  } = row
  return report
}

let lastMachineNo = 0

async function put(engine: InventoryEngine, hostname = 'PC'): Promise<MachineId> {
  lastMachineNo += 1
  const machineId = randomUUID() as string as MachineId
  await engine.putMachines([{ machineNo: lastMachineNo, machineId, hostname, labels: [] }])
  return machineId
}

async function allOf(engine: InventoryEngine, machineId: MachineId): Promise<StoredStream[]> {
  return (await engine.machineStreams(machineId, 'any', { limit: 1_000 })).streams
}

function delta(changes: Partial<StoredDelta>): StoredDelta {
  return { sequence: 1, resync: null, upserts: [], gone: [], ...changes }
}
