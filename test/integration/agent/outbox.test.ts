import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Inventory } from '../../../server/agent/inventory/inventory.ts'
import { Outbox } from '../../../server/agent/inventory/outbox.ts'
import { type AgentState, openState } from '../../../server/agent/state/open-state.ts'
import type { InventoryDelta } from '../../../server/protocol/link-frames.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import { addToDigest, EMPTY_DIGEST, streamDigest } from '../../../server/shared/inventory-digest.ts'
import { aReport, reportOf } from './support/reports.ts'
import { aFolder, aState } from './support/state.ts'
import { keyOf } from './support/test-central.ts'

/** Central as the protocol describes it, with the wire between the two under the test's control. */
class ModelCentral {
  readonly held = new Map<string, ReportedStream>()
  #named: { id: string; keys: Set<string> } | null = null

  digest(): { count: number; digest: string } {
    let digest = EMPTY_DIGEST
    for (const stream of this.held.values()) digest = addToDigest(digest, streamDigest(stream))
    return { count: this.held.size, digest }
  }

  commit({ resync, upserts, gone }: InventoryDelta): void {
    if (resync && resync.id !== this.#named?.id) this.#named = { id: resync.id, keys: new Set() }
    for (const stream of upserts) {
      this.held.set(keyOf(stream), stream)
      if (resync) this.#named?.keys.add(keyOf(stream))
    }
    for (const key of gone) this.held.delete(keyOf(key))
    if (!resync?.isLast) return
    for (const key of this.held.keys()) if (!this.#named?.keys.has(key)) this.held.delete(key)
  }

  /** A new connection. Answers whether everything must be sent again. */
  greet(claim: { count: number; digest: string }): boolean {
    this.#named = null
    const own = this.digest()
    return own.count !== claim.count || own.digest !== claim.digest
  }
}

type Step =
  | { type: 'see'; key: number; version: number }
  | { type: 'lose'; key: number }
  | { type: 'send' }
  | { type: 'commit'; isAcknowledged: boolean }
  | { type: 'reconnect' }
  | { type: 'crash' }

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
)

class World {
  readonly central = new ModelCentral()
  readonly truth = new Map<string, ReportedStream>()
  readonly folder: string
  state: AgentState
  inventory: Inventory
  outbox: Outbox
  wire: InventoryDelta[] = []
  lastSequence = 0
  isConnected = true

  constructor(folder: string) {
    this.folder = folder
    this.state = openState(folder)
    this.inventory = new Inventory(this.state)
    this.outbox = new Outbox(this.state)
    this.connect()
  }

  connect(): void {
    this.wire = []
    this.outbox.begin(this.central.greet(this.outbox.acknowledged()))
    this.isConnected = true
  }

  run(step: Step): void {
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
        this.send()
        return
      case 'commit':
        this.commit(step.isAcknowledged)
        return
      case 'reconnect':
        this.connect()
        return
      case 'crash':
        this.state.close()
        this.state = openState(this.folder)
        this.inventory = new Inventory(this.state)
        this.outbox = new Outbox(this.state)
        this.connect()
    }
  }

  send(): void {
    const delta = this.isConnected ? this.outbox.next() : null
    if (!delta) return
    expect(delta.sequence).toBeGreaterThan(this.lastSequence)
    this.lastSequence = delta.sequence
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

  drain(): void {
    if (!this.isConnected) this.connect()
    for (let i = 0; i < 50; i++) {
      this.send()
      this.commit(true)
    }
  }
}

describe('the outbox', () => {
  it('brings central to the truth whatever is lost, repeated or crashed in between', () => {
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 40 }), (steps) => {
        const folder = mkdtempSync(join(tmpdir(), 'ss-outbox-'))
        const world = new World(folder)
        try {
          for (const step of steps) world.run(step)
          world.drain()
          expect(Object.fromEntries(world.central.held)).toEqual(Object.fromEntries(world.truth))
          expect(world.outbox.acknowledged()).toEqual(world.central.digest())
          expect(world.state.inventory.countPending()).toBe(0)
        } finally {
          world.state.close()
          rmSync(folder, { recursive: true })
        }
      }),
      { numRuns: 150 },
    )
  })

  it('sends again what changed back while its change was under way', () => {
    const world = new World(aFolder())
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
    for (const step of steps) world.run(step)
    world.drain()
    expect(Object.fromEntries(world.central.held)).toEqual(Object.fromEntries(world.truth))
  })

  it('keeps a delta below 4 MiB however long the paths are', () => {
    const state = aState()
    const inventory = new Inventory(state)
    const longPath = `/data/${'\ud800'.repeat(30_000)}`
    const reports = Array.from({ length: 60 }, (_, i) =>
      aReport({ identity: `posix:${i}:1` as never, path: longPath }),
    )
    inventory.recordSeen('/data', reports)
    const outbox = new Outbox(state)
    outbox.begin(false)
    let count = 0
    for (let delta = outbox.next(); delta; delta = outbox.next()) {
      expect(JSON.stringify(delta).length).toBeLessThan(4.2 * 1024 * 1024)
      expect(delta.upserts[0]?.path).toBe(longPath)
      count += delta.upserts.length
      outbox.acknowledge(delta.sequence)
    }
    expect(count).toBe(60)
  })

  it('has only a few deltas in flight', () => {
    const state = aState()
    const reports = Array.from({ length: 4_000 }, (_, i) => reportOf(i, 1))
    new Inventory(state).recordSeen('/data', reports)
    const outbox = new Outbox(state)
    outbox.begin(false)
    const sent = []
    for (let delta = outbox.next(); delta; delta = outbox.next()) sent.push(delta.sequence)
    expect(sent).toEqual([1, 2, 3, 4])
    outbox.acknowledge(1)
    expect(outbox.next()?.sequence).toBe(5)
  })

  it('does not tell central of what came and went between two deltas', () => {
    const state = aState()
    const inventory = new Inventory(state)
    inventory.recordPresent('/data', reportOf(1, 1))
    inventory.recordGone(reportOf(1, 1))
    const outbox = new Outbox(state)
    outbox.begin(false)
    expect(outbox.next()).toBe(null)
  })
})
