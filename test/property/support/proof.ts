/**
 * What must hold when orders were carried out, whoever wrote meanwhile and whatever died. It is told from three
 * things that know nothing of each other: the disk before and after, what the meddlers say they did, and
 * when the engine was at work on which stream.
 *
 * One allowance is made, the one that native/README.md names: Linux has no compare-and-remove, so that who writes to a stream
 * within the very call that acts on it may lose what was written.
 */
import { expect } from 'vitest'
import type { OrderTarget, Receipt } from '../../../server/protocol/order.ts'
import {
  reducedZoneIdentifier,
  zoneIdentifierBytes,
} from '../../../server/streams/zone-identifier-text.ts'
import type { Deed, Found, Snapshot } from './disk.ts'
import type { Call, Order } from './mortal-engine.ts'
import { type OthersDoing, overlaps, type Span } from './others-doing.ts'
import { ORIGIN } from './random-orders.ts'
import { NEVER, ZONE, ZONE_IN_ANOTHER_CASE } from './random-tree.ts'

const WRITTEN = Buffer.from(zoneIdentifierBytes(ORIGIN)).toString('base64')

export interface Evidence {
  readonly before: Snapshot
  readonly after: Snapshot
  readonly others: OthersDoing
  readonly calls: readonly Call[]
  /** Something died on the way. */
  readonly hasDied: boolean
  /** Target id → bytes in quarantine. */
  readonly kept: ReadonlyMap<string, Buffer>
}

/** One order with all that is known of its stream. Contents are base64. */
export interface Case {
  readonly order: Order
  readonly receipt: Receipt
  readonly carrier: Found
  /** What is to be taken away or put back. */
  readonly named: string | null
  readonly onPath: readonly Deed[]
  readonly onStream: readonly Deed[]
  readonly looks: readonly Span[]
  readonly acts: readonly Span[]
}

export function caseOf(
  { before, others, calls }: Evidence,
  order: Order,
  receipt: Receipt,
  named: string | null,
): Case {
  const { path, identity, stream } = order[1]
  const carrier = Object.values(before).find(({ paths }) => paths.includes(path))!
  const own = calls.filter(
    ({ operation }) => operation.identity === identity && operation.stream === stream,
  )
  return {
    ...{ order, receipt, carrier, named },
    onPath: others.onPath(path),
    onStream: others.onStream(carrier.ino, stream),
    looks: own.filter(({ operation }) => operation.act === 'look'),
    acts: own.filter(({ operation }) => operation.act !== 'look'),
  }
}

/** Nobody else had a hand in it. */
export function isUndisturbed({ onPath, onStream }: Case): boolean {
  return onPath.length + onStream.length === 0
}

/** All that others did was over before it mattered: there is one right answer. */
function isSettled({ onPath, onStream, looks, acts }: Case): boolean {
  const deadline = acts[0]?.from ?? looks.at(-1)?.from
  return [...onPath, ...onStream].every(({ to }) => deadline === undefined || BigInt(to) < deadline)
}

export function expectTrue(evidence: Evidence, one: Case): void {
  const { order, receipt, onPath, onStream, looks, acts } = one
  const spans = [looks, acts].map((list) => list.map(({ from, to }) => `${from} to ${to}`))
  const words = JSON.stringify({ order, receipt, onPath, onStream, spans })
  const possible = isSettled(one) ? rightAnswers(evidence, one) : anyAnswers(one)
  expect(possible, words).toContain(receipt.outcome)
  expectOnDisk(evidence, one, words)
  expectKept(evidence, one, words)
}

/** As decided by the disk as others left it. */
function rightAnswers({ others, hasDied }: Evidence, one: Case): string[] {
  const { order, carrier, named } = one
  const [action, target] = order
  if (target.stream === NEVER) return ['refused']
  if (one.onPath.length > 0) return ['gone', 'changed']
  const streams = others.streamsOf(carrier.ino)
  const now = streams.get(target.stream) ?? null
  switch (action) {
    case 'strip':
      // After a crash its absence can be our doing as well as another's.
      if (now === null) return hasDied ? ['gone', 'done'] : ['gone']
      return now === named ? ['done'] : ['changed']
    case 'reduce':
      if (now === null) return ['gone']
      if (now !== named) return ['changed']
      return reduced(named) === null ? ['refused'] : ['done']
    case 'mark': {
      if (isFolder(carrier)) return ['refused']
      return streams.has(ZONE) || streams.has(ZONE_IN_ANOTHER_CASE) ? ['changed'] : ['done']
    }
    case 'restore':
      return now === null || now === named ? ['done'] : ['changed']
  }
}

/** Where others were at it at the same time. */
function anyAnswers({ order: [action], carrier, named }: Case): string[] {
  const isRefused =
    (action === 'mark' && isFolder(carrier)) || (action === 'reduce' && reduced(named) === null)
  return ['done', 'gone', 'changed', 'failed', ...(isRefused ? ['refused'] : [])]
}

/** The stream is as the receipt says, and nobody's writing was lost. */
function expectOnDisk({ after, others, hasDied }: Evidence, one: Case, words: string): void {
  const { order, receipt, carrier, acts, onStream } = one
  const [action, target] = order
  const found = after[carrier.ino]
  // Others deleted it, which is proved of all carriers.
  if (found === undefined) return
  const now = found.streams[target.stream] ?? null
  const theirs = others.streamsOf(carrier.ino).get(target.stream) ?? null
  const ours = oursOf(one)
  const mayBeOurs = receipt.outcome === 'done' || receipt.outcome === 'failed' || hasDied
  if (isSettled(one)) {
    expect(now, words).toBe(receipt.outcome === 'done' ? ours : theirs)
    return
  }
  if (now === theirs) return
  expect(mayBeOurs, words).toBe(true)
  expect(now, words).toBe(ours)
  const last = onStream.at(-1)
  const isCreatedAfterwards = theirs === null && (action === 'mark' || action === 'restore')
  expect(last === undefined || isCreatedAfterwards || overlaps(last, acts), words).toBe(true)
}

/** What goes is in quarantine to the byte, and nothing else is. */
function expectKept({ kept, hasDied }: Evidence, one: Case, words: string): void {
  const { order, receipt, named } = one
  const [action, { targetId }] = order
  if (action !== 'strip' && action !== 'reduce') return
  const copy = kept.get(targetId)?.toString('base64')
  const isAsItWas = action === 'reduce' && reduced(named) === named
  if (receipt.outcome === 'done' && !isAsItWas) expect(copy, words).toBe(named)
  else if (receipt.outcome !== 'failed' && !hasDied) expect(copy, words).toBeUndefined()
}

/** What the action leaves of the stream. */
function oursOf({ order: [action], named }: Case): string | null {
  switch (action) {
    case 'strip':
      return null
    case 'reduce':
      return reduced(named)
    case 'mark':
      return WRITTEN
    case 'restore':
      return named
  }
}

function reduced(named: string | null): string | null {
  const bytes = reducedZoneIdentifier(Buffer.from(named!, 'base64'))
  return bytes && Buffer.from(bytes).toString('base64')
}

/** Nothing but named streams went or changed, and no carrier is anything else than it was. */
export function expectCarriersKept(evidence: Evidence, cases: readonly Case[]): void {
  const { before, after, others, calls } = evidence
  for (const ino of Object.keys(after)) expect(others.has(ino), `${after[ino]?.paths}`).toBe(true)
  for (const ino of Object.keys(before)) {
    expect(after[ino] !== undefined || others.mayHaveDeleted(ino), `${before[ino]?.paths}`).toBe(
      true,
    )
  }
  for (const found of Object.values(after)) {
    const { ino } = found
    const ordered = cases.filter(({ carrier }) => carrier.ino === ino)
    const identity = ordered[0]?.order[1].identity
    const acts = calls.filter(
      ({ operation }) => operation.act !== 'look' && operation.identity === identity,
    )
    expect(withoutOrdered(Object.entries(found.streams), ordered)).toEqual(
      withoutOrdered([...others.streamsOf(ino)], ordered),
    )
    expect(found.sha256).toBe(others.contentOf(ino, kindOf(found)))
    const old = before[ino]
    if (old) expectSameCarrier(old, found, others, acts)
  }
}

function expectSameCarrier(old: Found, now: Found, others: OthersDoing, acts: Span[]): void {
  const { ino, mode, uid, others: unrelated, atimeNs } = old
  const words = JSON.stringify([old, now])
  expect({ ino, mode, uid, unrelated, atimeNs }, words).toEqual({
    ...{ ino: now.ino, mode: now.mode, uid: now.uid, atimeNs: now.atimeNs },
    unrelated: now.others,
  })
  const append = others.appendsTo(ino).at(-1)
  // What restores the times after writing a stream may undo those of who writes at that moment.
  const isItsTimeOpen = others.wasIn(ino) || (append !== undefined && overlaps(append, acts))
  if (!isItsTimeOpen) expect(now.mtimeNs, words).toBe(append?.mtimeNs ?? old.mtimeNs)
  if (old.paths.every((path) => others.onPath(path).length === 0)) {
    expect([now.paths, now.links], words).toEqual([old.paths, old.links])
  }
}

function withoutOrdered(streams: [string, string][], ordered: readonly Case[]) {
  const names = new Set(ordered.map(({ order }) => order[1].stream as string))
  return Object.fromEntries(streams.filter(([name]) => !names.has(name)))
}

function isFolder({ mode }: Found): boolean {
  return (mode & 0o170000) === 0o040000
}

function kindOf(found: Found): 'file' | 'directory' | 'link' {
  if (isFolder(found)) return 'directory'
  return (found.mode & 0o170000) === 0o120000 ? 'link' : 'file'
}

/** A strip of exactly what the order left. */
export function stripOf(
  one: Case,
  targetId: OrderTarget['targetId'],
  sha256: (bytes: Buffer) => string,
) {
  const { volumeId, identity, path, stream } = one.order[1]
  const bytes = Buffer.from(oursOf(one)!, 'base64')
  const what = { sizeBytes: bytes.length, sha256: sha256(bytes) }
  return { volumeId, identity, path, stream, targetId, ...what } as unknown as OrderTarget
}
