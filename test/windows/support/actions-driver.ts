/**
 * The actions of support/action-states.ts, in one process on Windows Node: to start the engine there takes longer
 * than all that it then does. Runs there, and is type-checked here.
 */
import { closeSync, constants, existsSync, openSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { NativeAddon } from '../../../native/addon.ts'
import {
  type LocalEngine,
  type LocalTarget,
  newTargetId,
  openLocalEngine,
  restoreTargetOf,
} from '../../../server/agent/local.ts'
import type { MarkTarget, OrderTarget } from '../../../server/protocol/order.ts'
import type { QuarantinedStream } from '../../../server/protocol/quarantine.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { createLogger } from '../../../server/shared/logger.ts'
import { ACTIONS, type Action, type Hold, ORIGIN } from './action-words.ts'
import { addon, scanAll } from './driver.ts'

export interface MatrixOptions {
  readonly drive: string
  readonly stateDir: string
  /** Where Linux and this process wait for each other. */
  readonly folder: string
  /** Carriers as this side names them. */
  readonly paths: Readonly<Record<Action | 'undo of strip' | 'undo of reduce', readonly string[]>>
  readonly holds: readonly (readonly [path: string, hold: Hold])[]
  /** What is put back in the end. */
  readonly undone: readonly string[]
  /** Stripped while another program reads their marks. */
  readonly read: readonly string[]
}

type ByPath = Record<string, string>
export interface MatrixAnswers {
  readonly outcomes: ByPath
  /** Of the same orders once more. */
  readonly again: ByPath
  readonly kept: readonly QuarantinedStream[]
  readonly undone: ByPath
  readonly read: {
    readonly outcomes: ByPath
    /** Whose streams are in quarantine. */
    readonly kept: readonly string[]
    /** The carriers' streams after the other program has closed them. */
    readonly left: Readonly<Record<string, readonly string[]>>
    readonly undone: ByPath
  }
}

export async function runMatrix(options: MatrixOptions): Promise<MatrixAnswers> {
  const { drive, stateDir, folder, paths } = options
  let due: string | null = null
  const engine = await openEngine(drive, stateDir, async () => {
    const name = due
    due = null
    if (name !== null) await pause(folder, name)
  })
  const marks = await findMarks(drive)
  const targets = await makeOrders(engine, marks, paths)
  await pause(folder, 'ordered')

  const holds = new Map(options.holds)
  const isDenied = ({ path }: LocalTarget) => holds.get(path) === 'denied'
  const outcomes: ByPath = {}
  const held = options.holds.flatMap(([path, hold]) => open(`${drive}\\${path}`, hold))
  for (const action of ACTIONS) {
    due = action
    const wanted = targets[action].filter((target) => !isDenied(target))
    Object.assign(outcomes, await outcomesOf(engine, action, wanted))
  }
  for (const file of held) closeSync(file)
  await pause(folder, 'protect')
  for (const action of ACTIONS) {
    Object.assign(outcomes, await outcomesOf(engine, action, targets[action].filter(isDenied)))
  }
  await pause(folder, 'release')

  const again: ByPath = {}
  for (const action of ACTIONS) {
    Object.assign(again, await outcomesOf(engine, action, targets[action]))
  }
  const kept = quarantined(engine)
  await pause(folder, 'done')
  const undone = await undo(engine, options.undone)
  const read = await stripWhileRead(engine, marks, options)
  await engine.close()
  return { outcomes, again, kept, undone, read }
}

/** `beforeActing` runs each time between the look at carriers and what is then done to them. */
function openEngine(
  drive: string,
  stateDir: string,
  beforeActing: () => Promise<void>,
): Promise<LocalEngine> {
  const carryOut: NativeAddon['carryOut'] = async (target, operations, hints) => {
    if (operations.some(({ act }) => act !== 'look')) await beforeActing()
    return addon.carryOut(target, operations, hints)
  }
  return openLocalEngine({
    stateDir,
    roots: [drive],
    hints: {},
    addon: { ...addon, carryOut },
    clock: systemClock,
    logger: createLogger('test', 'silent'),
  })
}

/** Of the whole volume, by the carriers' paths. */
async function findMarks(drive: string): Promise<Map<string, OrderTarget>> {
  const { streams } = await scanAll(drive, { hash: true })
  const { volumeId } = await addon.probe(drive)
  const marks = streams.filter(({ name }) => name === 'Zone.Identifier')
  return new Map(
    marks.map(({ path, name, identity, size, sha256 }) => [
      path,
      {
        targetId: newTargetId(),
        volumeId: volumeId as OrderTarget['volumeId'],
        identity: identity as OrderTarget['identity'],
        path,
        stream: name,
        sizeBytes: Number(size),
        sha256: sha256!,
      },
    ]),
  )
}

/** By action. What an undo is to put back is taken away. */
async function makeOrders(
  engine: LocalEngine,
  marks: ReadonlyMap<string, OrderTarget>,
  paths: MatrixOptions['paths'],
): Promise<Record<Action, readonly LocalTarget[]>> {
  const of = (kind: keyof typeof paths) => paths[kind].map((path) => marks.get(path)!)
  await engine.run('strip', of('undo of strip'), 'to be put back')
  await engine.run('reduce', of('undo of reduce'), 'to be put back')
  const restore = quarantined(engine).map(restoreTargetOf)
  const mark = of('mark').map(
    ({ targetId, volumeId, identity, path }): MarkTarget => ({
      ...{ targetId, volumeId, identity, path, stream: 'Zone.Identifier' },
      ...{ expected: 'absent', origin: ORIGIN },
    }),
  )
  return { strip: of('strip'), reduce: of('reduce'), mark, restore }
}

function open(carrier: string, hold: Hold): number[] {
  const stream = `${carrier}:Zone.Identifier`
  switch (hold) {
    case 'denied':
      return []
    case 'read':
      return [openSync(stream, 'r')]
    case 'written':
      return [openSync(stream, 'r+')]
    case 'locked':
      return [openSync(stream, constants.O_RDWR | SHARED_WITH_NOBODY)]
    case 'carrier read':
      return [openSync(carrier, 'r')]
  }
}

/** UV_FS_O_EXLOCK of libuv. */
const SHARED_WITH_NOBODY = 0x1000_0000

async function outcomesOf(
  engine: LocalEngine,
  action: Action,
  targets: readonly LocalTarget[],
): Promise<ByPath> {
  const receipts = await engine.run(action, targets, 'test')
  return Object.fromEntries(receipts.map(({ outcome }, at) => [targets[at]!.path, outcome]))
}

function quarantined(engine: LocalEngine): readonly QuarantinedStream[] {
  return engine.quarantine({ limit: 1_000 }).entries
}

function undo(engine: LocalEngine, paths: readonly string[]): Promise<ByPath> {
  const entries = quarantined(engine).filter(({ path }) => paths.includes(path))
  return outcomesOf(engine, 'restore', entries.map(restoreTargetOf))
}

async function stripWhileRead(
  engine: LocalEngine,
  marks: ReadonlyMap<string, OrderTarget>,
  { drive, read }: MatrixOptions,
): Promise<MatrixAnswers['read']> {
  const files = read.flatMap((path) => open(`${drive}\\${path}`, 'read'))
  const targets = read.map((path) => marks.get(path)!)
  const outcomes = await outcomesOf(engine, 'strip', targets)
  const kept = quarantined(engine).filter(({ path }) => read.includes(path))
  for (const file of files) closeSync(file)
  const left: Record<string, string[]> = {}
  for (const { path, identity } of targets) {
    const carrier = await addon.openCarrier(drive, path, identity)
    left[path] = (await carrier.list()).map(({ name }) => name)
    carrier.close()
  }
  return { outcomes, kept: kept.map(({ path }) => path), left, undone: await undo(engine, read) }
}

/** Lets Linux do its part: it makes `name.go` once there is `name.reached`. */
async function pause(folder: string, name: string): Promise<void> {
  writeFileSync(`${folder}\\${name}.reached`, '')
  while (!existsSync(`${folder}\\${name}.go`)) await setTimeout(20)
}
