/**
 * Every action on every medium that can be written, in every state that its target may be in by then,
 * through the engine that agent and CLI run. Whatever the answer, an independent reader finds nothing else
 * changed, and what was done can be undone to the byte.
 */
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type AccessTimes,
  accessTimesOf,
  ageAccessTimes,
  snapshotFolder,
} from '../../../scripts/lib/independent-disk.ts'
import {
  type LocalEngine,
  type LocalTarget,
  newTargetId,
  openLocalEngine,
  restoreTargetOf,
} from '../../../server/agent/local.ts'
import type { MarkTarget, OrderTarget } from '../../../server/protocol/order.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { createLogger } from '../../../server/shared/logger.ts'
import { zoneIdentifierBytes } from '../../../server/streams/zone-identifier-text.ts'
import { runUnprivileged } from '../../support/child.ts'
import { isRoot } from '../../support/is-root.ts'
import { addon } from '../../support/native.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { readXattr, setXattr } from '../../support/xattrs.ts'
import { type Place, scanPlace } from './medium.ts'
import { NTFS_MEDIA } from './ntfs-media.ts'
import { SAMBA_MEDIA } from './samba-media.ts'
import { changesSince, readOnlyView, replaceCarrier, swapForLink } from './states.ts'
import { MARK, VICTIM, ZONE } from './tree.ts'

const MEDIA = [...NTFS_MEDIA, ...SAMBA_MEDIA].filter(({ provider }) => provider !== 'mft')
const ACTIONS = ['strip', 'reduce', 'mark', 'restore'] as const
type Action = (typeof ACTIONS)[number]
const ORIGIN = { zoneId: 3, hostUrl: 'https://example.com/setup.exe' }

async function anEngine(place: Place): Promise<LocalEngine> {
  const engine = await openLocalEngine({
    stateDir: join(tempFolder(), 'state'),
    roots: [place.target],
    hints: place.hints,
    addon,
    clock: systemClock,
    logger: createLogger('test', 'silent'),
  })
  onTestFinished(() => engine.close())
  return engine
}

/** The mark of each of these carriers as it is now. */
async function findTargets(place: Place, paths: readonly string[]): Promise<OrderTarget[]> {
  const { streams } = await scanPlace(place)
  const { volumeId } = await addon.probe(place.target, place.hints)
  const marks = new Map(
    streams.filter(({ name }) => name === MARK).map((found) => [found.path, found]),
  )
  return paths.map((path) => {
    const found = marks.get(place.shown(path))!
    return {
      targetId: newTargetId(),
      volumeId: volumeId as OrderTarget['volumeId'],
      identity: found.identity as OrderTarget['identity'],
      path: found.path,
      stream: MARK,
      sizeBytes: Number(found.size),
      sha256: found.sha256!,
    }
  })
}

/** The targets of `action`, with the disk as it is when such an order is made. */
async function ordered(
  action: Action,
  place: Place,
  engine: LocalEngine,
  paths: readonly string[],
): Promise<LocalTarget[]> {
  const targets = await findTargets(place, paths)
  if (action === 'strip' || action === 'reduce') return targets
  if (action === 'mark') {
    for (const path of paths) place.remove(path, MARK)
    return targets.map(({ volumeId, identity, path }): MarkTarget => {
      const what = { stream: MARK, expected: 'absent', origin: ORIGIN } as const
      return { targetId: newTargetId(), volumeId, identity, path, ...what }
    })
  }
  await engine.run('strip', targets, 'to be restored')
  return engine.quarantine({}).entries.map(restoreTargetOf).reverse()
}

const outcomesOf = async (engine: LocalEngine, action: Action, targets: readonly LocalTarget[]) =>
  (await engine.run(action, targets, 'test')).map(({ outcome }) => outcome)

/** No carrier, folder on the way or bystander. A depot's own files are no carriers: they are the streams. */
function expectNotAccessed(place: Place, before: AccessTimes): void {
  const ofCarriers = (times: AccessTimes) =>
    Object.fromEntries(Object.entries(times).filter(([path]) => !path.startsWith('.streams')))
  expect(ofCarriers(accessTimesOf(place.folder!))).toEqual(ofCarriers(before))
}

/** What of a carrier may be another after the action: the mark, in the medium's own spelling. */
const CHANGE: Record<Action, string> = {
  strip: 'went',
  reduce: '(changed|sha256 .*|size .*|mtimeNs .*)',
  mark: 'appeared',
  restore: 'appeared',
}

function isOf(line: string, action: Action): boolean {
  return new RegExp(`Zone\\.Identifier(:\\$DATA)?:? ${CHANGE[action]}$`).test(line)
}

const held = (place: Place, path: string) => {
  const file = openSync(place.shown(path), 'r+')
  onTestFinished(() => closeSync(file))
}

interface State {
  readonly outcomes: Partial<Record<Action, string>>
  readonly bring: (place: Place, path: string) => void
}

/** Each on a carrier of its own, named after it. */
const STATES: Record<string, State> = {
  'as ordered': { outcomes: all('done'), bring: () => undefined },
  'held open by another program': { outcomes: all('done'), bring: held },
  'read-only': { outcomes: all('done'), bring: (place, path) => place.makeReadOnly(path) },
  grown: {
    outcomes: all('changed'),
    bring: (place, path) => place.write(path, MARK, `${ZONE}more`),
  },
  'replaced by as many bytes': {
    outcomes: all('changed'),
    bring: (place, path) => place.write(path, MARK, ZONE.replace('=3', '=2')),
  },
  'without its stream': {
    outcomes: { strip: 'gone', reduce: 'gone' },
    bring: (place, path) => place.remove(path, MARK),
  },
  gone: { outcomes: all('gone'), bring: (place, path) => rmSync(place.shown(path)) },
  'replaced by another with the same stream': { outcomes: all('changed'), bring: replaceCarrier },
  'swapped for a link': { outcomes: all('changed'), bring: swapForLink },
  'moved away': {
    outcomes: all('gone'),
    bring: (place, path) => renameSync(place.shown(path), place.shown(`${path} moved`)),
  },
}

function all(outcome: string): Record<Action, string> {
  return { strip: outcome, reduce: outcome, mark: outcome, restore: outcome }
}

function writeCarriers(place: Place, names: readonly string[]): string[] {
  const paths = names.map((name) => `strip/${name}`)
  for (const path of paths) {
    writeFileSync(place.shown(path), `content of ${path}`)
    place.write(path, MARK, ZONE)
  }
  return paths
}

describe.skipIf(!isRoot).each(MEDIA)('on $name ($missing)', (medium) => {
  const runs = it.skipIf(medium.missing !== null)

  runs.each(ACTIONS)(
    'a %s answers in every state what is so, and touches nothing else',
    async (action) => {
      const place = await medium.make()
      const engine = await anEngine(place)
      const states = Object.entries(STATES).filter(
        ([, { outcomes }]) => outcomes[action] !== undefined,
      )
      const paths = writeCarriers(
        place,
        states.map(([name]) => name),
      )
      const targets = await ordered(action, place, engine, paths)
      for (const [at, [, { bring }]] of states.entries()) bring(place, paths[at]!)
      const before = snapshotFolder(place.folder!)
      const accessed = ageAccessTimes(place.folder!)
      const outcomes = await outcomesOf(engine, action, targets)
      expectNotAccessed(place, accessed)
      const named = (list: readonly string[]) =>
        Object.fromEntries(states.map(([name], at) => [name, list[at]]))
      expect(named(outcomes)).toEqual(named(states.map((state) => state[1].outcomes[action]!)))
      const changes = changesSince(before, place.folder!)
      expect(changes.filter((line) => !isOf(line, action))).toEqual([])
      const done = outcomes.filter((outcome) => outcome === 'done').length
      expect(new Set(changes.map((line) => line.split(': ')[0])).size).toBe(done)
      // Asked again it is the same answer, and nothing happens.
      const again = ageAccessTimes(place.folder!)
      expect(await outcomesOf(engine, action, targets)).toEqual(outcomes)
      expectNotAccessed(place, again)
      expect(changesSince(before, place.folder!)).toEqual(changes)
    },
  )

  runs.each(ACTIONS)('a %s on a read-only mount is refused and touches nothing', async (action) => {
    const place = await medium.make()
    const engine = await anEngine(place)
    const [target] = await ordered(action, place, engine, [VICTIM])
    const view = readOnlyView(place)
    const before = snapshotFolder(place.folder!)
    const there = { ...target!, path: view.shown(VICTIM) }
    expect(await outcomesOf(await anEngine(view), action, [there])).toEqual(['refused'])
    expect(changesSince(before, place.folder!)).toEqual([])
  })

  runs('reduce and its undo, mark and its undo, leave the tree exactly as it was', async () => {
    const place = await medium.make()
    const engine = await anEngine(place)
    // In this order: ntfs-3g lists no xattrs of a fresh mount's root before something asked for its streams.
    const [target] = await findTargets(place, [VICTIM])
    const before = snapshotFolder(place.folder!)
    expect(await outcomesOf(engine, 'reduce', [target!])).toEqual(['done'])
    const { streams } = await scanPlace(place)
    const reduced = streams.find(({ path, name }) => path === target!.path && name === MARK)!
    expect(Buffer.from(reduced.content!).toString()).toBe('[ZoneTransfer]\r\nZoneId=3\r\n')
    const undo = restoreTargetOf(engine.quarantine({}).entries[0]!)
    expect(await outcomesOf(engine, 'restore', [undo])).toEqual(['done'])
    expect(withoutTimesOfDepot(changesSince(before, place.folder!))).toEqual([])

    const unmarked = await ordered('mark', place, engine, [VICTIM])
    const bare = snapshotFolder(place.folder!)
    expect(await outcomesOf(engine, 'mark', unmarked)).toEqual(['done'])
    const [written] = await findTargets(place, [VICTIM])
    expect(written!.sizeBytes).toBe(zoneIdentifierBytes(ORIGIN).length)
    expect(await outcomesOf(engine, 'strip', [written!])).toEqual(['done'])
    expect(changesSince(bare, place.folder!)).toEqual([])
  })

  runs('without the right to write nothing is changed', async () => {
    const place = await medium.make()
    const [target] = await findTargets(place, [VICTIM])
    const { path, identity, stream, sizeBytes, sha256 } = target!
    const before = snapshotFolder(place.folder!)
    const codes = runUnprivileged<string[]>(
      `const [target, hints, place, size, sha256] = args
       const expected = { size: BigInt(size), sha256 }
       const bytes = new Uint8Array(3)
       const results = await addon.carryOut(target, [
         { ...place, act: 'remove', expected },
         { ...place, act: 'replace', expected, bytes },
         { ...place, stream: 'new', act: 'create', bytes },
       ], hints)
       return results.map(({ error, outcome }) => error?.code ?? outcome)`,
      [place.target, place.hints, { path, identity, stream }, String(sizeBytes), sha256],
    )
    expect(codes).toEqual(['ADS_ACCESS_DENIED', 'ADS_ACCESS_DENIED', 'ADS_ACCESS_DENIED'])
    expect(changesSince(before, place.folder!)).toEqual([])
  })
})

describe.skipIf(!isRoot).each(NTFS_MEDIA.filter(({ provider }) => provider === 'ntfs-3g'))(
  'the attributes of a carrier on $name ($missing)',
  (medium) => {
    const NAME = 'system.ntfs_attrib'
    // ntfs-3g sets the archive attribute with every change of a stream.
    it.skipIf(medium.missing !== null).each(ACTIONS)('stay with %s', async (action) => {
      const place = await medium.make()
      const engine = await anEngine(place)
      const targets = await ordered(action, place, engine, [VICTIM])
      const path = place.shown(VICTIM)
      const HIDDEN = Buffer.from([0x02, 0, 0, 0])
      setXattr(path, NAME, HIDDEN)
      expect(await outcomesOf(engine, action, targets)).toEqual(['done'])
      expect(readXattr(path, NAME)).toEqual(HIDDEN)
    })
  },
)

/** Of files in a depot; a carrier's own times are compared. */
function withoutTimesOfDepot(lines: string[]): string[] {
  return lines.filter((line) => !/^\.streams\/.*: mtimeNs /.test(line))
}
