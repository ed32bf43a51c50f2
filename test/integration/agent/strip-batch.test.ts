/** Many targets at once: each is judged by itself, and a death at any point of the pipeline costs nothing. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { holdLease } from '../../../scripts/lib/file-lease.ts'
import { type LocalEngine, openLocalEngine } from '../../../server/agent/local.ts'
import type { OrderTarget } from '../../../server/protocol/order.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { createLogger } from '../../../server/shared/logger.ts'
import { addon, scanAll } from '../../support/native.ts'
import { aPlace, type Place } from './support/agent-fixture.ts'
import { aCarrier, MARK, stateOf, withoutMark } from './support/carrier.ts'
import type { DoomedEngine } from './support/engine-process.ts'
import { quarantined } from './support/quarantine.ts'
import { getStream, removeStream, setStream, setStreams } from './support/streams.ts'

const ZONE = 'Zone.Identifier'

/** What befalls a carrier between the look at it and the removal, and what is then the answer. */
const FATES: Record<
  string,
  { outcome: string; befalls: (path: string, place: Place) => void | Promise<void> }
> = {
  grown: { outcome: 'changed', befalls: (path) => setStream(path, ZONE, `${MARK}more`) },
  'written over with as many bytes': {
    outcome: 'changed',
    befalls: (path) => setStream(path, ZONE, MARK.replace('3', '4')),
  },
  'without the stream': { outcome: 'gone', befalls: (path) => removeStream(path, ZONE) },
  deleted: { outcome: 'gone', befalls: (path) => rmSync(path) },
  'moved away': { outcome: 'gone', befalls: (path) => renameSync(path, `${path}.moved`) },
  'replaced by a file with the same mark': {
    outcome: 'changed',
    befalls: (path, place) => {
      const other = aCarrier(place, 'other')
      renameSync(other, path)
    },
  },
  'swapped for a link to a bystander': {
    outcome: 'changed',
    befalls: (path, place) => {
      renameSync(path, `${path}.moved`)
      symlinkSync(join(place.data, 'bystander'), path)
    },
  },
  'in a folder that is another now': {
    outcome: 'gone',
    befalls: (path) => {
      renameSync(dirname(path), `${dirname(path)}.moved`)
      symlinkSync(`${dirname(path)}.moved`, dirname(path))
    },
  },
  'held by somebody with a lease': {
    outcome: 'in-use',
    befalls: async (path) => {
      const release = await holdLease(path)
      onTestFinished(release)
    },
  },
}

describe('a batch', () => {
  it('strips what is as it was, and nothing that changed after it was looked at', async () => {
    const place = aPlace()
    const bystander = stateOf(aCarrier(place, 'bystander'))
    const fates = Object.values(FATES)
    const paths = fates.flatMap((_fate, at) => [
      aNested(place, `calm-${at}`),
      aNested(place, `fate-${at}`),
    ])
    const targets = await targetsOf(
      place,
      (path) => path.includes('/calm-') || path.includes('/fate-'),
    )
    const byPath = new Map(targets.map((target) => [target.path, target]))
    const ordered = paths.map((path) => byPath.get(path)!)
    const before = new Map(paths.map((path) => [path, stateOf(path)]))
    const engine = await anEngine(place, async () => {
      for (const [at, fate] of fates.entries()) await fate.befalls(paths[2 * at + 1]!, place)
    })
    const receipts = await engine.run('strip', ordered, 'test')
    const expected = fates.flatMap(({ outcome }) => ['done', outcome])
    expect(receipts.map(({ outcome }) => outcome)).toEqual(expected)
    for (const [at, path] of paths.entries()) {
      if (at % 2 === 0) expect(stateOf(path)).toEqual(withoutMark(before.get(path)!))
    }
    expect(stateOf(join(place.data, 'bystander'))).toEqual(bystander)
    const moved = [`${paths[13]}.moved`, join(`${dirname(paths[15]!)}.moved`, 'setup.exe')]
    for (const path of moved) expect(getStream(path, ZONE)?.toString()).toBe(MARK)
    const kept = quarantined({ stateDir: stateDirOf(place) })
    const done = ordered.filter((_target, at) => at % 2 === 0).map(({ targetId }) => targetId)
    expect([...kept.keys()].sort()).toEqual(done.sort())
  }, 120_000)
})

describe('a pipeline of batches', () => {
  it('begins nothing more once it is to stop, and a repeat does the rest', async () => {
    const place = aPlace()
    const { targets } = await manyMarked(place)
    const stopped: Promise<void>[] = []
    const engine = await anEngine(place, async () => {
      stopped.push(engine.close())
    })
    await expect(engine.run('strip', targets, 'stopped')).rejects.toThrow('The agent stops')
    await Promise.all(stopped)
    expect((await scanAll(place.data, {})).streams).toHaveLength(targets.length)
    const again = await anEngine(place, async () => undefined)
    const receipts = await again.run('strip', targets, 'again')
    expect(receipts.filter(({ outcome }) => outcome !== 'done')).toEqual([])
  }, 120_000)

  // Each batch has two calls: a look, and the removals.
  it.each([
    ['before the first look', { call: 1, part: 0 }],
    ['with a batch half looked at', { call: 2, part: 0.5 }],
    ['with nothing removed of a batch that is kept', { call: 3, part: 0 }],
    ['with half of a batch removed', { call: 4, part: 0.5 }],
    ['with all of a batch removed and no receipt', { call: 5, part: 1 }],
    ['near its end', { call: 6, part: 0.9 }],
  ] as const)(
    'killed %s ends, when asked again, with each stripped and kept once',
    async (_when, death) => {
      const place = aPlace()
      const { carriers, targets } = await manyMarked(place)
      await dies(place, targets, death)
      const engine = await anEngine(place, async () => undefined)
      const receipts = await engine.run('strip', targets, 'again')
      expect(receipts.filter(({ outcome }) => outcome !== 'done')).toEqual([])
      expect((await scanAll(place.data, {})).streams).toEqual([])
      const kept = quarantined({ stateDir: stateDirOf(place) })
      expect(new Set(kept.keys())).toEqual(new Set(targets.map(({ targetId }) => targetId)))
      expect([...kept.values()].every((bytes) => bytes.toString() === MARK)).toBe(true)
      // A mark that somebody sets anew is not theirs: a repeat is answered and touches nothing.
      setStream(carriers[0]!, ZONE, MARK)
      expect(await engine.run('strip', targets, 'and again')).toEqual(receipts)
      expect(getStream(carriers[0]!, ZONE)?.toString()).toBe(MARK)
    },
    120_000,
  )

  it('that was killed is not finished by whoever only asks what would be done', async () => {
    const place = aPlace()
    const { targets } = await manyMarked(place)
    await dies(place, targets, { call: 3, part: 0 })
    const engine = await anEngine(place, async () => undefined)
    expect(await engine.refusal('strip', targets[0]!)).toBe(null)
    await engine.close()
    expect((await scanAll(place.data, {})).streams).toHaveLength(targets.length)
  }, 120_000)

  it('that was killed before it removed anything removes nothing that a policy forbids since then', async () => {
    const place = aPlace()
    const { targets } = await manyMarked(place)
    await dies(place, targets, { call: 3, part: 0 })
    const paths = { include: ['*'], exclude: ['*'] }
    writeFileSync(join(stateDirOf(place), 'policy.json'), JSON.stringify({ paths }))
    const engine = await anEngine(place, async () => undefined)
    const receipts = await engine.run('strip', targets, 'again')
    expect(new Set(receipts.map(({ outcome }) => outcome))).toEqual(new Set(['refused']))
    expect((await scanAll(place.data, {})).streams).toHaveLength(targets.length)
  }, 120_000)
})

/** In a folder of its own. */
function aNested(place: Place, name: string): string {
  mkdirSync(join(place.data, name))
  return aCarrier(place, join(name, 'setup.exe'))
}

/** More than are at work at once. */
async function manyMarked(
  place: Place,
): Promise<{ carriers: readonly string[]; targets: readonly OrderTarget[] }> {
  const carriers = Array.from({ length: 6_500 }, (_, at) => join(place.data, `file-${at}`))
  for (const path of carriers) writeFileSync(path, '')
  setStreams(carriers.map((path) => ({ path, stream: ZONE, content: MARK })))
  return { carriers, targets: await targetsOf(place, () => true) }
}

async function targetsOf(
  { data }: Place,
  isMeant: (path: string) => boolean,
): Promise<OrderTarget[]> {
  const { volumeId } = await addon.probe(data)
  const { streams } = await scanAll(data, { hash: true })
  const meant = streams.filter(({ path, name }) => name === ZONE && isMeant(path))
  return meant.map(({ identity, path, name: stream, size, sha256 }) => {
    const place = { volumeId, identity, path, stream, sizeBytes: Number(size), sha256 }
    return { targetId: randomUUID(), ...place } as unknown as OrderTarget
  })
}

function stateDirOf({ base }: Place): string {
  return join(base, 'local')
}

/** `afterLook` happens once, between the looks and what follows from them. */
async function anEngine(place: Place, afterLook: () => Promise<void>): Promise<LocalEngine> {
  let isOver = false
  const native: typeof addon = {
    ...addon,
    carryOut: async (target, operations, hints) => {
      const results = await addon.carryOut(target, operations, hints)
      if (!isOver) await afterLook()
      isOver = true
      return results
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
  const close = engine.close
  let closed: Promise<void> | null = null
  // Some tests close it themselves.
  const closeOnce = () => {
    closed ??= close()
    return closed
  }
  onTestFinished(closeOnce)
  return { ...engine, close: closeOnce }
}

async function dies(
  place: Place,
  targets: readonly OrderTarget[],
  death: Pick<DoomedEngine, 'call' | 'part'>,
): Promise<void> {
  const file = join(place.base, 'targets.json')
  writeFileSync(file, JSON.stringify(targets))
  const doomed: DoomedEngine = {
    stateDir: stateDirOf(place),
    root: place.data,
    targets: file,
    ...death,
  }
  const program = join(import.meta.dirname, 'support/engine-process.ts')
  const child = spawn(process.execPath, [program, JSON.stringify(doomed)], { stdio: 'inherit' })
  const [, signal] = await once(child, 'exit')
  expect(signal).toBe('SIGKILL')
  expect(readdirSync(stateDirOf(place))).toContain('state.db')
}
