import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Inventory } from '../../../server/agent/inventory/inventory.ts'
import { Outbox } from '../../../server/agent/inventory/outbox.ts'
import { type AgentState, openState } from '../../../server/agent/state/open-state.ts'
import type { InventoryDelta, Welcome } from '../../../server/protocol/link-frames.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import { bucketOf } from '../../../server/shared/inventory-buckets.ts'
import { addToDigest, EMPTY_DIGEST, streamDigest } from '../../../server/shared/inventory-digest.ts'
import { aReport, reportOf } from './support/reports.ts'
import { aFolder, aState, inStep } from './support/state.ts'
import { keyOf } from './support/test-central.ts'

/** Central as the protocol describes it, with the wire between the two under the test's control. */
class ModelCentral {
  held = new Map<string, ReportedStream>()
  #epoch = ''
  #sequence = 0
  #named: { id: string; keys: Set<string> } | null = null

  digest(): { count: number; digest: string } {
    return { count: this.held.size, digest: digestOf([...this.held.values()]) }
  }

  commit({ sequence, resync, upserts, gone }: InventoryDelta): void {
    expect(sequence).toBe(this.#sequence + 1)
    this.#sequence = sequence
    if (resync && resync.id !== this.#named?.id) this.#named = { id: resync.id, keys: new Set() }
    for (const stream of upserts) {
      this.held.set(keyOf(stream), stream)
      if (resync) this.#named?.keys.add(keyOf(stream))
    }
    for (const key of gone) this.held.delete(keyOf(key))
    if (!resync?.isLast) return
    for (const [key, stream] of this.held) {
      const { count, numbers } = resync.buckets!
      if (!numbers.includes(bucketOf(stream, count))) continue
      if (!this.#named?.keys.has(key)) this.held.delete(key)
    }
  }

  greet(epoch: string): Pick<Welcome, 'resume' | 'window'> {
    this.#named = null
    if (epoch !== this.#epoch) this.#sequence = 0
    this.#epoch = epoch
    return { resume: { epoch, sequence: this.#sequence, ...this.digest() }, window: 4 }
  }

  buckets(count: number): string[] {
    const all = [...this.held.values()]
    return Array.from({ length: count }, (_, bucket) =>
      digestOf(all.filter((stream) => bucketOf(stream, count) === bucket)),
    )
  }

  /** What a restore from a backup puts back. */
  copy(): () => void {
    const [held, epoch, sequence] = [new Map(this.held), this.#epoch, this.#sequence]
    return () => {
      this.held = new Map(held)
      this.#epoch = epoch
      this.#sequence = sequence
    }
  }
}

function digestOf(streams: readonly ReportedStream[]): string {
  return streams.map(streamDigest).reduce(addToDigest, EMPTY_DIGEST)
}

type Step =
  | { type: 'see'; key: number; version: number }
  | { type: 'lose'; key: number }
  | { type: 'send' }
  | { type: 'commit'; isAcknowledged: boolean }
  | { type: 'reconnect' }
  | { type: 'crash' }
  | { type: 'backup' }
  | { type: 'restore-central' }
  | { type: 'restore-agent' }

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('see' as const), key: fc.nat(2), version: fc.nat(2) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('lose' as const), key: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.constant({ type: 'send' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('commit' as const), isAcknowledged: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'reconnect' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'backup' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'restore-central' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'restore-agent' as const }) },
)

class World {
  readonly central = new ModelCentral()
  truth = new Map<string, ReportedStream>()
  readonly folder: string
  state: AgentState
  inventory: Inventory
  outbox: Outbox
  wire: InventoryDelta[] = []
  isConnected = true
  /** Rows that were sent, however often. */
  sent = 0
  #restoreCentral = () => {}
  #restoreAgent = () => {}

  constructor(folder: string) {
    this.folder = folder
    this.state = openState(folder)
    this.inventory = new Inventory(this.state)
    this.outbox = new Outbox(this.state)
  }

  async connect(): Promise<void> {
    this.wire = []
    const bucketCount = this.outbox.begin(this.central.greet(this.outbox.epoch()))
    if (bucketCount !== null) await this.outbox.repair(this.central.buckets(bucketCount))
    this.isConnected = true
  }

  async run(step: Step): Promise<void> {
    switch (step.type) {
      case 'see': {
        const report = reportOf(step.key, step.version)
        this.inventory.recordPresent('/data', report)
        this.truth.set(keyOf(report), report)
        return
      }
      case 'lose': {
        const report = reportOf(step.key, 0)
        this.inventory.recordGone(report)
        this.truth.delete(keyOf(report))
        return
      }
      case 'send':
        return this.send()
      case 'commit':
        return this.commit(step.isAcknowledged)
      case 'reconnect':
        return this.connect()
      case 'crash':
        return this.reopen(() => {})
      case 'backup':
        this.#restoreCentral = this.central.copy()
        this.#restoreAgent = this.#copyAgent()
        return
      case 'restore-central':
        this.#restoreCentral()
        return this.connect()
      case 'restore-agent':
        return this.reopen(this.#restoreAgent)
    }
  }

  send(): void {
    const delta = this.isConnected ? this.outbox.next() : null
    if (!delta) return
    this.sent += delta.upserts.length + delta.gone.length
    this.wire.push(delta)
  }

  /** Without an acknowledgement the connection is over: central never withholds one and goes on. */
  commit(isAcknowledged: boolean): void {
    const delta = this.wire.shift()
    if (!delta) return
    this.central.commit(delta)
    if (isAcknowledged) this.outbox.acknowledge(delta.sequence)
    else this.isConnected = false
    if (!isAcknowledged) this.wire = []
  }

  async drain(): Promise<void> {
    if (!this.isConnected) await this.connect()
    for (let i = 0; i < 50; i++) {
      this.send()
      this.commit(true)
    }
  }

  async reopen(change: () => void): Promise<void> {
    this.state.close()
    change()
    this.state = openState(this.folder)
    this.inventory = new Inventory(this.state)
    this.outbox = new Outbox(this.state)
    await this.connect()
  }

  #copyAgent(): () => void {
    this.state.close()
    const file = join(this.folder, 'state.db')
    const bytes = readFileSync(file)
    const truth = new Map(this.truth)
    this.state = openState(this.folder)
    this.inventory = new Inventory(this.state)
    this.outbox = new Outbox(this.state)
    this.isConnected = false
    this.wire = []
    return () => {
      rmSync(`${file}-wal`, { force: true })
      writeFileSync(file, bytes)
      // Until the next scan, the machine says what it knew then.
      this.truth = new Map(truth)
    }
  }
}

async function aWorld(folder = aFolder()): Promise<World> {
  const world = new World(folder)
  await world.connect()
  return world
}

describe('the outbox', () => {
  it('brings central to the truth whatever is lost, repeated, crashed or put back in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { maxLength: 40 }), async (steps) => {
        const folder = mkdtempSync(join(tmpdir(), 'ss-outbox-'))
        const world = await aWorld(folder)
        try {
          for (const step of steps) await world.run(step)
          await world.drain()
          expect(Object.fromEntries(world.central.held)).toEqual(Object.fromEntries(world.truth))
          expect(world.outbox.acknowledged()).toEqual(world.central.digest())
          expect(world.state.inventory.countPending()).toBe(0)
          expect(world.state.inventory.inFlight()).toEqual([])
        } finally {
          world.state.close()
          rmSync(folder, { recursive: true })
        }
      }),
      { numRuns: 150 },
    )
  })

  it('sends nothing again of what central has, though it never heard so', async () => {
    const world = await aWorld()
    onTestFinished(() => world.state.close())
    for (let key = 0; key < 20; key++) await world.run({ type: 'see', key, version: 1 })
    world.send()
    world.commit(false)
    await world.run({ type: 'crash' })
    await world.drain()
    expect(world.sent).toBe(20)
    expect(world.outbox.acknowledged()).toEqual(world.central.digest())
  })

  it('sends a small part again where central lost one stream of many', async () => {
    const world = await aWorld()
    onTestFinished(() => world.state.close())
    for (let key = 0; key < 1_000; key++) await world.run({ type: 'see', key, version: 1 })
    await world.drain()
    world.central.held.delete(keyOf(reportOf(500, 1)))
    await world.connect()
    await world.drain()
    expect(world.central.held.size).toBe(1_000)
    expect(world.sent).toBeLessThan(1_100)
  })

  it('sends again what changed back while its change was under way', async () => {
    const world = await aWorld()
    onTestFinished(() => world.state.close())
    const steps: Step[] = [
      { type: 'see', key: 1, version: 1 },
      { type: 'send' },
      { type: 'commit', isAcknowledged: true },
      { type: 'see', key: 1, version: 2 },
      { type: 'send' },
      { type: 'see', key: 1, version: 1 },
      { type: 'see', key: 2, version: 1 },
      { type: 'send' },
    ]
    for (const step of steps) await world.run(step)
    await world.drain()
    expect(Object.fromEntries(world.central.held)).toEqual(Object.fromEntries(world.truth))
  })

  it('tells that a stream is gone again that came back while its first going was under way', async () => {
    const world = await aWorld()
    onTestFinished(() => world.state.close())
    const steps: Step[] = [
      { type: 'see', key: 1, version: 1 },
      { type: 'send' },
      { type: 'commit', isAcknowledged: true },
      { type: 'lose', key: 1 },
      { type: 'send' },
      { type: 'see', key: 1, version: 2 },
      { type: 'send' },
      { type: 'lose', key: 1 },
      { type: 'commit', isAcknowledged: true },
      { type: 'commit', isAcknowledged: true },
    ]
    for (const step of steps) await world.run(step)
    await world.drain()
    expect([...world.central.held.keys()]).toEqual([])
    expect(world.state.inventory.countPending()).toBe(0)
  })

  it('keeps a delta below 1 MiB and a row however long the paths are', () => {
    const state = aState()
    const inventory = new Inventory(state)
    const longPath = `/data/${'\ud800'.repeat(30_000)}`
    const reports = Array.from({ length: 60 }, (_, i) =>
      aReport({ identity: `posix:${i}:1` as never, path: longPath }),
    )
    inventory.recordSeen('/data', reports)
    const outbox = new Outbox(state)
    outbox.begin(inStep(state))
    let count = 0
    for (let delta = outbox.next(); delta; delta = outbox.next()) {
      expect(JSON.stringify(delta).length).toBeLessThan(1.2 * 1024 * 1024)
      expect(delta.upserts[0]?.path).toBe(longPath)
      count += delta.upserts.length
      outbox.acknowledge(delta.sequence)
    }
    expect(count).toBe(60)
  })

  it('has no more deltas in flight than the window allows', () => {
    const state = aState()
    const reports = Array.from({ length: 4_000 }, (_, i) => reportOf(i, 1))
    new Inventory(state).recordSeen('/data', reports)
    const outbox = new Outbox(state)
    outbox.begin(inStep(state))
    const sent = []
    for (let delta = outbox.next(); delta; delta = outbox.next()) sent.push(delta.sequence)
    expect(sent).toEqual([1, 2, 3, 4])
    outbox.acknowledge(1)
    expect(outbox.next()?.sequence).toBe(5)
    outbox.setWindow(0)
    outbox.acknowledge(5)
    expect(outbox.next()).toBe(null)
    outbox.setWindow(1)
    expect([outbox.next()?.sequence, outbox.next()]).toEqual([6, null])
  })

  it('does not tell central of what came and went between two deltas', () => {
    const state = aState()
    const inventory = new Inventory(state)
    inventory.recordPresent('/data', reportOf(1, 1))
    inventory.recordGone(reportOf(1, 1))
    const outbox = new Outbox(state)
    outbox.begin(inStep(state))
    expect(outbox.next()).toBe(null)
  })
})
