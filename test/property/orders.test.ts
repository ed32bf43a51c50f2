/**
 * Random orders on random trees, while others write, rename and swap links, with crashes in between. Then:
 * nothing but named, unchanged streams went; carriers are what they were; receipts say what the disk says; and
 * undoing what is left undone brings back the exact tree.
 *
 * A crash is what it leaves: the disk and the state's files as they are at that instant, taken over by an
 * engine of its own. Some operations of the native call may be done by then, and none after. That real
 * processes killed at random leave nothing else is shown by integration/agent/kill.test.ts.
 *
 * SIDESTREAM_PROPERTY_RUNS and _SEED choose how many and which; the seed is printed.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { NativeAddon, NativeCarrier } from '../../native/addon.ts'
import {
  type LocalEngine,
  type LocalTarget,
  newTargetId,
  openLocalEngine,
  restoreTargetOf,
} from '../../server/agent/local.ts'
import { sha256 } from '../../server/agent/strip/decide.ts'
import type { MarkTarget, OrderAction, OrderTarget, Receipt } from '../../server/protocol/order.ts'
import { systemClock } from '../../server/shared/clock.ts'
import { createLogger } from '../../server/shared/logger.ts'
import { zoneIdentifierBytes } from '../../server/streams/zone-identifier-text.ts'
import { addon } from '../support/native.ts'
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.ts'

const RUNS = Number(process.env.SIDESTREAM_PROPERTY_RUNS ?? 500)
const SEED = Number(process.env.SIDESTREAM_PROPERTY_SEED ?? Date.now() % 2 ** 31)
const TIME_LIMIT_MS = 180_000
const ZONE = 'Zone.Identifier'
const MARK = (n: number) => `[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.com/${n}\r\n`
const REDUCED = '[ZoneTransfer]\r\nZoneId=3\r\n'
const ORIGIN = { zoneId: 3, hostUrl: 'https://example.com/written' }
const WRITTEN = Buffer.from(zoneIdentifierBytes(ORIGIN)).toString()
const FILES = 5

/** What happens to one file, in this order: an order for it, and what somebody else does before or meanwhile. */
interface Fate {
  readonly action: OrderAction | 'none'
  readonly meddling:
    | 'none'
    | 'grow'
    | 'change'
    | 'remove'
    | 'replace'
    | 'delete'
    | 'rename'
    | 'link'
  /** Before the order is carried out, or after the look and before the act. */
  readonly when: 'before' | 'between'
}

const fates = fc.array(
  fc.record<Fate>({
    action: fc.constantFrom('strip', 'strip', 'reduce', 'mark', 'restore', 'none'),
    meddling: fc.constantFrom(
      'none',
      'none',
      'none',
      'grow',
      'change',
      'remove',
      'replace',
      'delete',
      'rename',
      'link',
    ),
    when: fc.constantFrom('before', 'between'),
  }),
  { minLength: FILES, maxLength: FILES },
)
/** After how many operations of which native calls the process dies; empty: it lives. */
const crashes = fc.array(fc.record({ call: fc.nat(3), operations: fc.nat(FILES) }), {
  maxLength: 2,
})

interface Carrier {
  readonly identity: string
  readonly streams: Record<string, string>
}

async function streamsOf(root: string, path: string): Promise<Carrier | null> {
  let carrier: NativeCarrier
  try {
    carrier = await addon.openCarrier(root, path, null)
  } catch {
    return null
  }
  try {
    const streams: Record<string, string> = {}
    for (const { name, size } of await carrier.list()) {
      streams[name] = Buffer.from(await carrier.read(name, 0, Number(size))).toString()
    }
    return { identity: carrier.identity, streams }
  } finally {
    carrier.close()
  }
}

async function write(root: string, path: string, stream: string, content: string): Promise<void> {
  const carrier = await addon.openCarrier(root, path, null)
  const old = (await carrier.list()).find(({ name }) => name === stream)
  if (old) await carrier.remove(stream, { size: old.size, sha256: await carrier.hash(stream) })
  await carrier.create(stream, Buffer.from(content))
  carrier.close()
}

async function remove(root: string, path: string): Promise<void> {
  const carrier = await addon.openCarrier(root, path, null)
  const old = (await carrier.list()).find(({ name }) => name === ZONE)
  if (old) await carrier.remove(ZONE, { size: old.size, sha256: await carrier.hash(ZONE) })
  carrier.close()
}

async function meddle(root: string, path: string, fate: Fate): Promise<void> {
  const moved = `${path}.moved`
  if (fate.meddling === 'grow') await write(root, path, ZONE, `${MARK(0)}; grown`)
  if (fate.meddling === 'change') await write(root, path, ZONE, 'not a mark at all')
  if (fate.meddling === 'remove') await remove(root, path)
  if (fate.meddling === 'delete') rmSync(path)
  if (fate.meddling === 'rename') renameSync(path, moved)
  if (fate.meddling === 'replace') {
    rmSync(path)
    writeFileSync(path, 'another file')
    await write(root, path, ZONE, MARK(0))
  }
  if (fate.meddling === 'link') {
    renameSync(path, moved)
    symlinkSync(join(root, 'bystander'), path)
  }
}

type Crash = { readonly call: number; readonly operations: number } | null

interface Mortal {
  readonly native: NativeAddon
  readonly died: Promise<null>
  /** From now on it lives. */
  spare(): void
}

/** Dies in its n-th call after so many operations; `died` resolves then, and what waits for it waits for ever. */
function mortal(meddleBetween: () => Promise<void>, crash: Crash): Mortal {
  let calls = 0
  let isSpared = false
  const { promise: died, resolve: die } = Promise.withResolvers<null>()
  const native: NativeAddon = {
    ...addon,
    carryOut: async (target, operations, hints) => {
      const isLast = crash !== null && !isSpared && calls >= crash.call
      calls += 1
      const done = isLast
        ? operations.slice(0, calls - 1 === crash.call ? crash.operations : 0)
        : operations
      const results = await addon.carryOut(target, done, hints)
      if (isLast) {
        die(null)
        return new Promise(() => undefined)
      }
      if (operations[0]?.act === 'look') await meddleBetween()
      return results
    },
  }
  const spare = () => {
    isSpared = true
  }
  return { native, died, spare }
}

async function anEngine(stateDir: string, root: string, native: NativeAddon): Promise<LocalEngine> {
  const logger = createLogger('test', 'silent')
  return openLocalEngine({
    stateDir,
    roots: [root],
    hints: {},
    addon: native,
    clock: systemClock,
    logger,
  })
}

/** What of its state a dead process leaves. */
function takeOver(stateDir: string, to: string): void {
  mkdirSync(to, { mode: 0o700 })
  for (const name of ['state.db', 'state.db-wal']) {
    if (existsSync(join(stateDir, name))) cpSync(join(stateDir, name), join(to, name))
  }
}

/** All receipts, whatever dies on the way. */
async function carriedOut(
  base: string,
  root: string,
  orders: readonly (readonly [OrderAction, LocalTarget])[],
  meddleBetween: () => Promise<void>,
  deaths: readonly Crash[],
): Promise<{ engine: LocalEngine; receipts: Receipt[] }> {
  for (const [attempt, crash] of [...deaths, null].entries()) {
    const stateDir = join(base, `state-${attempt}`)
    const { native, died, spare } = mortal(meddleBetween, crash)
    const work = async () => {
      const engine = await anEngine(stateDir, root, native)
      const byAction = Map.groupBy(orders, ([action]) => action)
      const receipts: Receipt[] = []
      for (const [action, list] of byAction) {
        const targets = list.map(([, target]) => target)
        receipts.push(...(await engine.run(action, targets, 'random')))
      }
      return { engine, receipts }
    }
    const result = await Promise.race([work(), died])
    if (result) {
      spare()
      return result
    }
    takeOver(stateDir, join(base, `state-${attempt + 1}`))
  }
  throw new Error('the last attempt does not die')
}

interface File {
  readonly path: string
  readonly fate: Fate
  readonly before: Carrier
  readonly initial: string | null
  readonly order: readonly [OrderAction, LocalTarget] | null
}

async function aFile(
  root: string,
  n: number,
  fate: Fate,
  volumeId: string,
  state: string,
): Promise<File> {
  const path = join(root, `file ${n}`)
  writeFileSync(path, `content ${n}`)
  await write(root, path, 'Other', 'stays')
  if (fate.action !== 'mark') await write(root, path, ZONE, MARK(n))
  utimesSync(path, 1_600_000_000, 1_500_000_000)
  const before = (await streamsOf(root, path))!
  const { identity } = before
  const place = { volumeId, identity, path, stream: ZONE }
  const target = {
    ...place,
    targetId: newTargetId(),
    sizeBytes: MARK(n).length,
    sha256: sha256(Buffer.from(MARK(n))),
  } as unknown as OrderTarget
  const mark = {
    ...place,
    targetId: newTargetId(),
    expected: 'absent',
    origin: ORIGIN,
  } as unknown as MarkTarget
  const initial = before.streams[ZONE] ?? null
  const { action } = fate
  if (action === 'none') return { path, fate, before, initial, order: null }
  if (action !== 'restore') {
    return { path, fate, before, initial, order: [action, action === 'mark' ? mark : target] }
  }
  const engine = await anEngine(state, root, addon)
  await engine.run('strip', [target], 'to be restored')
  const order = ['restore', restoreTargetOf(engine.quarantine({ limit: 1 }).entries[0]!)] as const
  await engine.close()
  return { path, fate, before, initial, order }
}

/** What the named stream must be in the end, and which outcomes say so. */
function expectedOf({ fate, initial, order }: File, n: number): [string | null, RegExp] {
  const isStripped = fate.action === 'restore' ? null : initial
  switch (fate.meddling) {
    case 'grow':
      return [`${MARK(0)}; grown`, /^changed$/]
    case 'change':
      return ['not a mark at all', /^changed$/]
    case 'rename':
    case 'link':
    case 'replace':
    case 'delete':
      return [isStripped, /^(changed|gone)$/]
    case 'remove':
      if (fate.action === 'mark') return [WRITTEN, /^done$/]
      if (fate.action === 'restore') return [MARK(n), /^done$/]
      // After a crash its absence can be our doing as well as another's.
      return [null, /^(gone|done)$/]
    case 'none':
      if (order === null) return [initial, /^$/]
      return [{ strip: null, reduce: REDUCED, mark: WRITTEN, restore: MARK(n) }[order[0]], /^done$/]
  }
}

async function check(root: string, file: File, n: number, outcome: string): Promise<void> {
  const { path, fate, before } = file
  const [zone, outcomes] = expectedOf(file, n)
  expect(outcome, JSON.stringify(fate)).toMatch(fate.action === 'none' ? /^$/ : outcomes)
  if (fate.meddling === 'replace') {
    expect((await streamsOf(root, path))?.streams).toEqual({ [ZONE]: MARK(0) })
    expect(readFileSync(path, 'utf8')).toBe('another file')
    return
  }
  if (fate.meddling === 'delete') return expect(existsSync(path)).toBe(false)
  const now = fate.meddling === 'rename' || fate.meddling === 'link' ? `${path}.moved` : path
  const found = (await streamsOf(root, now))!
  expect(found.identity).toBe(before.identity)
  expect(found.streams, JSON.stringify(fate)).toEqual({
    Other: 'stays',
    ...(zone === null ? {} : { [ZONE]: zone }),
  })
  expect(readFileSync(now, 'utf8')).toBe(`content ${n}`)
  expect(statSync(now, { bigint: true }).mtimeNs).toBe(1_500_000_000_000_000_000n)
}

/** Undoes what was done and nobody else changed since; then the stream is as it was at the start. */
async function undo(engine: LocalEngine, root: string, files: readonly File[]): Promise<void> {
  const kept = new Map(
    engine.quarantine({ limit: 500 }).entries.map((entry) => [entry.targetId, entry]),
  )
  for (const { path, fate, before, initial, order } of files) {
    if (order === null || fate.meddling !== 'none' || order[0] === 'restore') continue
    const [action, target] = order
    const entry = kept.get(target.targetId)
    const written = { sizeBytes: WRITTEN.length, sha256: sha256(Buffer.from(WRITTEN)) }
    const { volumeId, identity, stream } = target
    const strip = { volumeId, identity, path, stream, targetId: newTargetId(), ...written }
    const [receipt] =
      action === 'mark'
        ? await engine.run('strip', [strip as OrderTarget], 'undo')
        : await engine.run('restore', [restoreTargetOf(entry!)], 'undo')
    expect(receipt?.outcome).toBe('done')
    const streams = { ...before.streams, ...(initial === null ? {} : { [ZONE]: initial }) }
    expect((await streamsOf(root, path))?.streams).toEqual(streams)
  }
}

it(`holds in ${RUNS} runs (seed ${SEED})`, { timeout: 200_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fates, crashes, async (all, deaths) => {
      const base = makeTempFolder(existsSync('/dev/shm') ? '/dev/shm' : undefined)
      try {
        const root = join(base, 'tree')
        mkdirSync(root)
        const bystander = join(root, 'bystander')
        writeFileSync(bystander, 'bystander')
        await write(root, bystander, ZONE, MARK(99))
        const still = statSync(bystander, { bigint: true }).mtimeNs
        const { volumeId } = await addon.probe(root)
        const files: File[] = []
        for (const [n, fate] of all.entries()) {
          files.push(await aFile(root, n, fate, volumeId, join(base, 'state-0')))
        }
        const meddling = (when: Fate['when']) => async () => {
          for (const { path, fate } of files) if (fate.when === when) await meddle(root, path, fate)
        }
        await meddling('before')()
        let isMeddled = false
        const once = async () => {
          if (isMeddled) return
          isMeddled = true
          await meddling('between')()
        }
        const orders = files.flatMap(({ order }) => (order ? [order] : []))
        const { engine, receipts } = await carriedOut(base, root, orders, once, deaths)
        await once()
        const outcomes = new Map(receipts.map(({ targetId, outcome }) => [targetId, outcome]))
        for (const [n, file] of files.entries()) {
          const outcome = file.order ? outcomes.get(file.order[1].targetId)! : ''
          await check(root, file, n, outcome)
        }
        expect((await streamsOf(root, bystander))?.streams).toEqual({ [ZONE]: MARK(99) })
        expect(statSync(bystander, { bigint: true }).mtimeNs).toBe(still)
        await undo(engine, root, files)
        await engine.close()
      } finally {
        removeTempFolder(base)
      }
    }),
    {
      numRuns: RUNS,
      seed: SEED,
      endOnFailure: true,
      // A run that hangs is named like any other failure, and too slow is one.
      timeout: 30_000,
      interruptAfterTimeLimit: TIME_LIMIT_MS,
      markInterruptAsFailure: true,
    },
  )
})
