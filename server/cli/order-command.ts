/** `sidestream strip|reduce|mark|quarantine list`: orders of one PC, without any server. */

import { resolve } from 'node:path'
import { Compile } from 'typebox/compile'
import { type LocalEngine, type LocalTarget, newTargetId, openLocalEngine } from '../agent/local.ts'
import { MarkOrigin, type MarkTarget, type OrderTarget } from '../protocol/order.ts'
import { systemClock } from '../shared/clock.ts'
import { createLogger } from '../shared/logger.ts'
import { displayName } from '../streams/display-name.ts'
import { ZONE_IDENTIFIER } from '../streams/zone-identifier-text.ts'
import { badUsage } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import { hintsOf } from './hints.ts'
import { counted } from './human.ts'
import { nativeAddon } from './native-addon.ts'
import { type OrderRow, orderText } from './order-listing.ts'
import { findStreams, namedPlaces } from './order-targets.ts'
import { quarantineText } from './quarantine-listing.ts'
import type { Terminal } from './terminal.ts'

type Action = OrderRow['action']

export interface OrderFlags {
  readonly state: string
  readonly format: 'table' | 'ndjson'
  readonly dryRun?: true
  readonly yes?: true
  readonly smbConf?: string
  readonly reason?: string
}
export interface StripFlags extends OrderFlags {
  readonly stream: string
  readonly recursive?: true
}
export interface ReduceFlags extends OrderFlags {
  readonly recursive?: true
}
export interface MarkFlags extends OrderFlags {
  readonly zone: number
  readonly hostUrl?: string
  readonly referrerUrl?: string
}
export interface QuarantineFlags {
  readonly state: string
  readonly format: 'table' | 'ndjson'
  readonly limit: number
  readonly cursor?: string
}

/** `reduce` is a strip of everything but the zone: the same search, another action. */
export async function runStrip(
  action: 'strip' | 'reduce',
  paths: readonly string[],
  flags: StripFlags,
  terminal: Terminal,
): Promise<number> {
  const places = namedPlaces(paths)
  const { streams, unreadable } = await findStreams(nativeAddon(), places, {
    isRecursive: flags.recursive === true,
    hints: hintsOf(flags),
    signal: terminal.signal,
  })
  for (const { path, stream, message } of unreadable) {
    const place = stream === null ? path : `${path}:${stream}`
    terminal.note(`unreadable: ${displayName(place)}: ${message}`)
  }
  const wanted = flags.stream.toLowerCase()
  const targets = streams
    .filter(({ stream }) => stream.name.toLowerCase() === wanted && stream.sha256 !== null)
    .map(({ volumeId, stream }) => ({
      targetId: newTargetId(),
      volumeId: volumeId as OrderTarget['volumeId'],
      identity: stream.identity as OrderTarget['identity'],
      path: stream.path,
      stream: stream.name,
      sizeBytes: Number(stream.size),
      sha256: stream.sha256!,
    }))
  const roots = places.map(({ root }) => root)
  return carryOut({ action, targets, roots, unreadable: unreadable.length, flags, terminal })
}

export async function runMark(
  paths: readonly string[],
  flags: MarkFlags,
  terminal: Terminal,
): Promise<number> {
  const { zone: zoneId, hostUrl, referrerUrl } = flags
  const origin = {
    zoneId,
    ...(referrerUrl === undefined ? {} : { referrerUrl }),
    ...(hostUrl === undefined ? {} : { hostUrl }),
  }
  if (!Compile(MarkOrigin).Check(origin)) {
    throw badUsage(
      'a URL of a mark is http://…, https://… or about:internet, in ASCII without blanks',
    )
  }
  const [addon, hints] = [nativeAddon(), hintsOf(flags)]
  const targets: MarkTarget[] = []
  const places = namedPlaces(paths)
  for (const { root, path } of places) {
    const carrier = await addon.openCarrier(root, path, null, hints)
    const { identity } = carrier
    carrier.close()
    const { volumeId } = await addon.probe(root, hints)
    targets.push({
      targetId: newTargetId(),
      volumeId: volumeId as MarkTarget['volumeId'],
      identity: identity as MarkTarget['identity'],
      path,
      stream: ZONE_IDENTIFIER,
      expected: 'absent',
      origin,
    })
  }
  const roots = places.map(({ root }) => root)
  return carryOut({ action: 'mark', targets, roots, unreadable: 0, flags, terminal })
}

export async function listQuarantine(flags: QuarantineFlags, terminal: Terminal): Promise<number> {
  const { cursor, limit } = flags
  const page = await withEngine(flags, [], (engine) =>
    engine.quarantine({ limit, ...(cursor === undefined ? {} : { cursor }) }),
  )
  await terminal.write(quarantineText(page, flags.format))
  return ExitCode.complete
}

interface Work {
  readonly action: Action
  readonly targets: readonly LocalTarget[]
  readonly roots: readonly string[]
  readonly unreadable: number
  readonly flags: OrderFlags
  readonly terminal: Terminal
}

/** Shows what would happen, asks where that is more than one, does it, and shows what did. */
export async function carryOut({
  action,
  targets,
  roots,
  unreadable,
  flags,
  terminal,
}: Work): Promise<number> {
  const incomplete = unreadable > 0 ? ExitCode.someUnreadable : ExitCode.complete
  if (targets.length === 0) {
    terminal.note('nothing to do: there is no such stream')
    return incomplete
  }
  return withEngine(flags, roots, async (engine) => {
    const rows: OrderRow[] = []
    const allowed: LocalTarget[] = []
    for (const target of targets) {
      const reason = await engine.refusal(action, target)
      if (reason === null) allowed.push(target)
      rows.push(rowOf(action, target, reason === null ? 'would' : 'protected', reason ?? ''))
    }
    const refused = rows.filter(({ outcome }) => outcome === 'protected')
    const hasChoice = allowed.length > 1 && !flags.yes
    if (flags.dryRun || allowed.length === 0) {
      await terminal.write(orderText(rows, flags.format))
      return refused.length > 0 ? ExitCode.someUnreadable : incomplete
    }
    if (hasChoice && !(await isConfirmed(rows, action, flags, terminal))) return ExitCode.failed
    const reason = flags.reason ?? `sidestream ${action}`
    const receipts = await engine.run(action, allowed, reason)
    const done = receipts.map(({ outcome, reason: why }, at) =>
      rowOf(action, allowed[at]!, outcome, why),
    )
    await terminal.write(orderText([...done, ...refused], flags.format))
    const isAllDone = done.every(({ outcome }) => outcome === 'done') && refused.length === 0
    if (done.some(({ outcome }) => outcome === 'failed')) return ExitCode.failed
    return isAllDone ? incomplete : ExitCode.someUnreadable
  })
}

/** Only where a person can be asked. A script says --yes. */
async function isConfirmed(
  rows: readonly OrderRow[],
  action: Action,
  flags: OrderFlags,
  terminal: Terminal,
): Promise<boolean> {
  const count = rows.filter(({ outcome }) => outcome === 'would').length
  if (!terminal.canAsk) {
    throw badUsage(`${counted(count, 'target')}: say --yes, or look first with --dry-run`)
  }
  await terminal.write(orderText(rows, flags.format))
  return terminal.confirm(`${action} ${counted(count, 'stream')}?`)
}

function rowOf(
  action: Action,
  target: LocalTarget,
  outcome: OrderRow['outcome'],
  reason: string,
): OrderRow {
  const { path, stream, targetId } = target
  const size = 'sizeBytes' in target ? target.sizeBytes : null
  return { action, path, stream, size, targetId, outcome, reason }
}

export async function withEngine<Result>(
  flags: { readonly state: string; readonly smbConf?: string },
  roots: readonly string[],
  work: (engine: LocalEngine) => Result | Promise<Result>,
): Promise<Result> {
  const engine = await openLocalEngine({
    stateDir: resolve(flags.state),
    roots: [...new Set(roots)],
    hints: hintsOf(flags),
    addon: nativeAddon(),
    clock: systemClock,
    logger: createLogger('local', 'error'),
  })
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}
