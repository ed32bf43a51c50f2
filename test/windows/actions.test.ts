/**
 * Every action on Windows, in every state that its target may be in by then, through the engine that agent and
 * CLI run. What it answers is what Linux finds: nothing but the named streams is another.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../../scripts/lib/wait-for.ts'
import { zoneIdentifierBytes } from '../../server/streams/zone-identifier-text.ts'
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.ts'
import {
  CASES,
  KINDS,
  type Kind,
  LARGE_MARK,
  READ,
  streamOf,
  writeCarriers,
} from './support/action-states.ts'
import { ACTIONS, type Action, ORIGIN } from './support/action-words.ts'
import type { MatrixAnswers, MatrixOptions } from './support/actions-driver.ts'
import { makeDistinct, statesBelow, type WholeState } from './support/carrier-state.ts'
import { MARK } from './support/fixture.ts'
import {
  callOnWindows,
  FUSE_NAME_CACHE_MS,
  openVolume,
  SETUP_MS,
  type WindowsVolume,
  windowsPath,
} from './support/windows.ts'

type States = Record<string, WholeState>

let volume: WindowsVolume
/** Where both sides wait for each other. */
let folder: string
let answers: MatrixAnswers
/** As Linux wrote all; as it was when the orders came; before each acted, looked at and meddled with; after them. */
let original: States
let ordered: States
const looked: States = {}
const before: States = {}
let after: States
/** On a fresh mount, after most of them were undone. */
let last: States

beforeAll(async () => {
  volume = openVolume(16)
  folder = makeTempFolder()
  makeDistinct(writeCarriers(volume.folder))
  original = statesBelow(volume.folder)
  const running = callOnWindows<MatrixAnswers>('actions-driver.ts', 'runMatrix', options())
  await Promise.all([running, meddle()])
  answers = await running
  volume.unmount()
  volume.remount()
  last = statesBelow(volume.folder)
}, SETUP_MS)

afterAll(() => {
  volume?.remove()
  if (folder !== undefined) removeTempFolder(folder)
})

const casesOf = (kind: Kind) => CASES.filter((one) => one.kind === kind)
const actionOf = (kind: Kind): Action => (kind.startsWith('undo') ? 'restore' : (kind as Action))
const onWindows = (path: string) => path.replaceAll('/', '\\')
const isTaken = (kind: Kind) => kind === 'strip' || kind === 'reduce'
/** Whose streams are in quarantine, but for what the undos are about. */
const TAKEN = CASES.filter(({ kind, outcome }) => isTaken(kind) && outcome === 'done')
/** Those as ordered stay as they are by then. */
const UNDONE = TAKEN.filter(({ path }) => !path.endsWith('as ordered'))

function options(): MatrixOptions {
  const pathsOf = (kind: Kind) => [kind, casesOf(kind).map(({ path }) => onWindows(path))]
  return {
    drive: volume.drive,
    stateDir: windowsPath(join(folder, 'state')),
    folder: windowsPath(folder),
    paths: Object.fromEntries(KINDS.map(pathsOf)),
    holds: CASES.flatMap(({ path, state: { hold } }) => (hold ? [[onWindows(path), hold]] : [])),
    undone: UNDONE.map(({ path }) => onWindows(path)),
    read: READ.map(onWindows),
  }
}

/** Linux's part, while Windows waits. */
async function meddle(): Promise<void> {
  await atPause('ordered', () => {
    // The orders were for files without a mark.
    for (const { path } of casesOf('mark')) {
      rmSync(streamOf(join(volume.folder, path), 'Zone.Identifier'))
    }
    bring(false, KINDS)
    ordered = statesBelow(volume.folder)
  })
  for (const action of ACTIONS) {
    await atPause(action, () => {
      const kinds = KINDS.filter((kind) => actionOf(kind) === action)
      const now = statesBelow(volume.folder)
      bring(true, kinds)
      const meddled = statesBelow(volume.folder)
      for (const kind of kinds) Object.assign(looked, ofKind(now, kind))
      for (const kind of kinds) Object.assign(before, ofKind(meddled, kind))
    })
  }
  await atPause('protect', () => remount('ro'))
  await atPause('release', () => remount('rw'))
  await atPause('done', async () => {
    await setTimeout(FUSE_NAME_CACHE_MS)
    after = statesBelow(volume.folder)
  })
}

async function atPause(name: string, work: () => void | Promise<void>): Promise<void> {
  const reached = () => existsSync(join(folder, `${name}.reached`)) || undefined
  await waitFor(`Windows to come to ${name}`, reached, SETUP_MS)
  await work()
  writeFileSync(join(folder, `${name}.go`), '')
}

function bring(isMeanwhile: boolean, kinds: readonly Kind[]): void {
  for (const one of CASES) {
    if (one.isMeanwhile !== isMeanwhile || !kinds.includes(one.kind)) continue
    one.state.bring?.(join(volume.folder, one.path))
  }
}

/** By Linux alone, whatever ntfs-3g thinks. Wine calls it a denied access. */
function remount(how: 'ro' | 'rw'): void {
  const args = ['-i', '-o', `remount,${how}`, volume.folder]
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`)
}

function ofKind(states: States, kind: Kind): States {
  return Object.fromEntries(Object.entries(states).filter(([path]) => path.startsWith(`${kind}/`)))
}

/** What is in the mark after it was done. */
const RESULT: Record<Kind, string | undefined> = {
  strip: undefined,
  reduce: '[ZoneTransfer]\r\nZoneId=3\r\n',
  mark: Buffer.from(zoneIdentifierBytes(ORIGIN)).toString('latin1'),
  'undo of strip': MARK,
  'undo of reduce': MARK,
}

function withMark(state: WholeState, mark: string | undefined): WholeState {
  const { 'Zone.Identifier': _, ...others } = state.streams!
  return { ...state, streams: mark === undefined ? others : { ...others, 'Zone.Identifier': mark } }
}

describe.each(KINDS)('on Windows, the %s', (kind) => {
  const cases = casesOf(kind)
  const expected = Object.fromEntries(cases.map(({ path, outcome }) => [path, outcome]))
  const of = (given: Readonly<Record<string, string>>) =>
    Object.fromEntries(cases.map(({ path }) => [path, given[onWindows(path)]]))

  it('answers in every state what is so, and the same when it is asked again', () => {
    expect(of(answers.outcomes)).toEqual(expected)
    expect(of(answers.again)).toEqual(expected)
  })

  it('only looks until it acts', () => {
    expect(ofKind(looked, kind)).toEqual(ofKind(ordered, kind))
  })

  it('changes the named stream where it says so, and nothing else', () => {
    const states = ofKind(before, kind)
    for (const { path, outcome } of cases) {
      if (outcome === 'done') states[path] = withMark(states[path]!, RESULT[kind])
    }
    expect(ofKind(after, kind)).toEqual(states)
  })
})

describe('on Windows', () => {
  it.each(['strip', 'reduce'])('the undo of a %s leaves all as it was before it', (action) => {
    for (const name of ['as ordered', 'a folder']) {
      const path = `undo of ${action}/${name}`
      expect(after[path]).toEqual(original[path])
    }
  })

  it('the quarantine holds the whole of what was taken, and nothing of what was not', () => {
    const kept = answers.kept.filter(({ path }) => !path.startsWith('undo'))
    expect(kept.map(({ path }) => path).sort()).toEqual(
      TAKEN.map(({ path }) => onWindows(path)).sort(),
    )
    expect(new Set(kept.map(({ sizeBytes }) => sizeBytes))).toEqual(new Set([MARK.length]))
  })

  it('all of it can be put back, on read-only carriers and folders too', () => {
    expect(answers.undone).toEqual(
      Object.fromEntries(UNDONE.map(({ path }) => [onWindows(path), 'done'])),
    )
    const expected = { ...after }
    for (const { path } of UNDONE) expected[path] = withMark(expected[path]!, MARK)
    for (const kind of KINDS) expect(ofKind(last, kind)).toEqual(ofKind(expected, kind))
  })

  it('a stream that goes with its last reader is answered for as failed, kept, and put back', () => {
    const each = (value: unknown) =>
      Object.fromEntries(READ.map((path) => [onWindows(path), value]))
    expect(answers.read).toEqual({
      outcomes: each('failed'),
      kept: expect.arrayContaining(READ.map(onWindows)),
      left: each(['bystander']),
      undone: each('done'),
    })
    for (const path of READ) expect(last[path]).toEqual(original[path])
    expect(last[READ[1]]?.streams?.['Zone.Identifier']).toBe(LARGE_MARK)
  })
})
