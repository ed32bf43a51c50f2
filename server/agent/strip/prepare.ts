/**
 * The first half of a batch: looks at every target, decides, keeps the bytes that are to be taken away, and
 * commits journal entries and bytes together. Nothing on the carriers has been touched by then, and after
 * that one commit everything needed to finish or to undo is on disk.
 */
import type {
  NativeCarrier,
  NativeOperation,
  NativeOperationResult,
} from '../../../native/addon.ts'
import type { MarkTarget, OrderTarget, RestoreTarget } from '../../protocol/order.ts'
import { toTimestamp } from '../../shared/clock.ts'
import { MAX_ZONE_IDENTIFIER_BYTES } from '../../streams/zone-identifier-limit.ts'
import type { ScopePlace } from '../scan/scope.ts'
import type { NewlyKept } from '../state/quarantine-store.ts'
import {
  type Decision,
  decideMark,
  decideReduce,
  decideRestore,
  decideStrip,
  type KeptStream,
  type Seen,
  toSeen,
} from './decide.ts'
import { placeRefusal } from './guard.ts'
import { type FoundJob, type InTurn, type Job, type PreparedJob, takesBytes } from './job.ts'
import { resultOf } from './native-result.ts'
import { INLINE_BYTES } from './quarantine.ts'
import { readKept } from './read-kept.ts'
import { failed, type Result, refused } from './result.ts'
import type { OrderTools } from './tools.ts'

/** A target that may be acted on, before its carrier was looked at. */
interface OpenJob {
  readonly job: Job
  readonly entryId: number | null
  readonly isResumed: boolean
  readonly place: ScopePlace
  /** Of a restore: what it puts back. */
  readonly kept: KeptStream | null
}

/** With the carrier's last write before, and whether a large stream's copy is in a file. */
interface LookedAt extends PreparedJob {
  /** Given with the entry. */
  entryId: number | null
  readonly modifiedNs: bigint
  readonly isInFile: boolean
}

export async function prepare(
  tools: OrderTools,
  jobs: readonly FoundJob[],
  inTurn: InTurn,
): Promise<PreparedJob[]> {
  const resolve = await tools.scope.resolver()
  const answered: PreparedJob[] = []
  const open: OpenJob[] = []
  for (const { job, entry } of jobs) {
    const entryId = entry?.entryId ?? null
    const isResumed = entry !== undefined
    const place = resolve(job.target.volumeId, job.target.path)
    const reason = refusalOf(tools, job, isResumed, place)
    const kept =
      reason === null && job.action === 'restore' ? await readKept(tools, job, place) : null
    const result = reason !== null ? refused(reason) : kept && 'outcome' in kept ? kept : null
    if (result !== null || place === null) {
      const decision = answerOf(result ?? refused('not in scope'))
      answered.push({ job, entryId, isResumed, decision, place: null, seen: null })
    } else {
      open.push({ job, entryId, isResumed, place, kept: kept as KeptStream | null })
    }
  }
  const looks = await inTurn(() => lookAtAll(tools, open))
  const looked: LookedAt[] = []
  const isOurs = interruptedByUs(tools, open)
  for (const [at, look] of looks.entries()) {
    const large = isLarge(open[at]!, look) ? await readLarge(tools, open[at]!) : null
    const decided = decide(tools, open[at]!, look, large, isOurs)
    if (large?.isInFile && !decided.isInFile) await tools.quarantine.discard(idOf(decided))
    looked.push(decided)
  }
  return [...answered, ...commit(tools, looked)]
}

function refusalOf(
  { guard }: OrderTools,
  { action, isEnded, target }: Job,
  isResumed: boolean,
  place: ScopePlace | null,
): string | null {
  // What was begun is finished or told whatever the policy says by now: whether it was, only a look tells.
  if (isResumed) return placeRefusal(place)
  return isEnded ? OVER : guard.refusal(action, target, place)
}

const OVER = 'The order was over before this machine had heard of it; nothing was touched.'

async function lookAtAll(
  tools: OrderTools,
  open: readonly OpenJob[],
): Promise<NativeOperationResult[]> {
  return carryOutByRoot(
    tools,
    open.map(({ job: { action, target }, place }) => {
      const { path, identity, stream } = target
      const mostBytes =
        action === 'strip' && 'sizeBytes' in target
          ? Math.min(target.sizeBytes, INLINE_BYTES)
          : INLINE_BYTES
      return { root: place.root, operation: { act: 'look', path, identity, stream, mostBytes } }
    }),
  )
}

/** One native call for each root. What fails as a whole fails each of its operations. */
export async function carryOutByRoot(
  { addon, scope }: OrderTools,
  work: readonly { readonly root: string; readonly operation: NativeOperation }[],
): Promise<NativeOperationResult[]> {
  const results = new Array<NativeOperationResult>(work.length)
  const byRoot = new Map<string, number[]>()
  for (const [at, { root }] of work.entries()) {
    const indexes = byRoot.get(root)
    if (indexes === undefined) byRoot.set(root, [at])
    else indexes.push(at)
  }
  for (const [root, indexes] of byRoot) {
    const operations = indexes.map((at) => work[at]!.operation)
    const answers = await addon
      .carryOut(root, operations, scope.hints)
      .catch((error) => operations.map((): NativeOperationResult => ({ error })))
    for (const [at, index] of indexes.entries()) results[index] = answers[at]!
  }
  return results
}

/** What came of reading one that is too large to come with a look. */
type LargeRead = { readonly isInFile: boolean } & (
  | { readonly sha256: string }
  | { readonly failure: Result }
)

/** Only the content can say whether it is the one that was ordered. */
function isLarge({ job }: OpenJob, { error, size, sha256 }: NativeOperationResult): boolean {
  return !error && size !== undefined && sha256 === undefined && size === sizeOf(job)
}

function decide(
  tools: OrderTools,
  open: OpenJob,
  look: NativeOperationResult,
  large: LargeRead | null,
  isOurs: IsOurs,
): LookedAt {
  const { job, entryId, isResumed, place } = open
  const modifiedNs = look.modifiedNs ?? 0n
  const answer = (result: Result): LookedAt => {
    const decision = answerOf(result)
    return { job, entryId, isResumed, place, modifiedNs, decision, seen: null, isInFile: false }
  }
  if (look.error) return answer(resultOf(look.error))
  if (large !== null && 'failure' in large) return answer(large.failure)
  const seen = large === null ? toSeen(look) : { ...toSeen(look), sha256: large.sha256 }
  const decided = decisionFor(tools, open, seen, isOurs)
  const reason = decided.kind === 'answer' ? null : refusalNow(tools, open, decided)
  const decision = reason === null ? decided : answerOf(refused(reason))
  const isInFile = large?.isInFile === true && decision.kind !== 'answer'
  return { job, entryId, isResumed, place, modifiedNs, decision, seen, isInFile }
}

/** Of what is to be acted on: a resumed target that is still as ordered is not begun, whatever its journal says. */
function refusalNow(
  { guard, clock }: OrderTools,
  { job: { action, target }, isResumed, place }: OpenJob,
  decision: Exclude<Decision, { kind: 'answer' }>,
): string | null {
  if (!isResumed) return guard.takeTurn(clock.now())
  const isHalfDone =
    decision.kind === 'replace' &&
    !('sha256' in target && decision.expected.sha256 === target.sha256)
  return isHalfDone ? null : guard.refusal(action, target, place)
}

type IsOurs = (open: Omit<OpenJob, 'place'>) => boolean

/** Tells which of these were begun before, with nothing done to their streams by a later order. */
export function interruptedByUs(
  { state }: Pick<OrderTools, 'state'>,
  jobs: readonly Omit<OpenJob, 'place'>[],
): IsOurs {
  const from = Math.min(...jobs.map(({ entryId }) => entryId ?? Infinity))
  if (from === Infinity) return () => false
  const hasLaterDone = state.journal.laterDone(from)
  return ({ entryId, isResumed, job }) =>
    isResumed && entryId !== null && !hasLaterDone(entryId, job.target)
}

export function decisionFor(
  { state }: Pick<OrderTools, 'state'>,
  open: Omit<OpenJob, 'place'>,
  seen: Seen,
  isOurs: IsOurs,
): Decision {
  const { job, isResumed, kept } = open
  const { action, target } = job
  switch (action) {
    case 'strip':
      return decideStrip(target as OrderTarget, seen, isOurs(open))
    case 'reduce': {
      const original = isResumed ? (state.quarantine.find(target.targetId)?.bytes ?? null) : null
      return decideReduce(target as OrderTarget, seen, original)
    }
    case 'mark':
      return decideMark(target as MarkTarget, seen, isResumed)
    case 'restore':
      return decideRestore(target as RestoreTarget, seen, kept as KeptStream, isResumed)
  }
}

/** The whole of it, hashed; copied to the quarantine's folder on the way, where it is to be taken. */
async function readLarge(tools: OrderTools, open: OpenJob): Promise<LargeRead> {
  const { addon, scope, quarantine } = tools
  const { job, isResumed, place } = open
  const { targetId, path, identity, stream } = job.target
  const isCopied = job.action === 'strip' && !isResumed
  try {
    const carrier = await addon.openCarrier(place.root, path, identity, scope.hints)
    try {
      if (!isCopied) return { isInFile: false, sha256: await carrier.hash(stream) }
      const chunks = chunksOf(carrier, stream, sizeOf(job))
      const { sha256 } = await quarantine.copyIn(targetId, chunks)
      await quarantine.keep(targetId)
      return { isInFile: true, sha256 }
    } finally {
      carrier.close()
    }
  } catch (error) {
    if (isCopied) await quarantine.discard(targetId).catch(() => undefined)
    return { isInFile: false, failure: notKept(resultOf(error)) }
  }
}

/** Bounds memory however large the stream is. */
const COPY_BYTES = 4 * 1024 * 1024

async function* chunksOf(
  carrier: NativeCarrier,
  stream: string,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  // A stream that grows while it is read is cut where the order's size ends, and then differs by hash
  // or at the removal, which compares again.
  for (let offset = 0; offset < sizeBytes; offset += COPY_BYTES) {
    yield await carrier.read(stream, offset, Math.min(COPY_BYTES, sizeBytes - offset))
  }
}

/** Journal entries and bytes in one commit: see the head of this file. */
function commit(tools: OrderTools, looked: readonly LookedAt[]): readonly PreparedJob[] {
  const { state, clock } = tools
  const now = toTimestamp(clock.now())
  const beginning = looked.filter(
    ({ decision, isResumed, seen }) => decision.kind !== 'answer' && !isResumed && seen !== null,
  )
  if (beginning.length === 0) return looked
  state.transaction(() => {
    const first = state.journal.begin(
      now,
      beginning.map(({ job }) => job),
    )
    const kept: NewlyKept[] = []
    for (const [at, begun] of beginning.entries()) {
      begun.entryId = first + at
      const { action, target } = begun.job
      if (takesBytes(action)) kept.push(keptOf(begun, target as OrderTarget, first + at))
    }
    if (kept.length > 0) state.quarantine.add(kept)
  })
  return looked
}

function keptOf(
  { isInFile, modifiedNs, seen }: LookedAt,
  { sizeBytes }: OrderTarget,
  entryId: number,
): NewlyKept {
  return {
    entryId,
    sizeBytes,
    bytes: isInFile ? null : (seen?.content ?? null),
    kind: seen?.isDirectory ? 'directory' : 'file',
    modifiedNs,
  }
}

function idOf({ job }: PreparedJob): string {
  return job.target.targetId
}

function sizeOf({ target }: Job): number {
  return 'sizeBytes' in target ? target.sizeBytes : MAX_ZONE_IDENTIFIER_BYTES + 1
}

function answerOf(result: Result): Decision {
  return { kind: 'answer', result }
}

function notKept(result: Result): Result {
  if (result.outcome !== 'failed') return result
  return failed(`Nothing was removed: no copy could be kept in quarantine. ${result.reason}`)
}
