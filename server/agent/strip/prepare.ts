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
import { readCopy } from './central-copy.ts'
import {
  type Decision,
  decideMark,
  decideReduce,
  decideRestore,
  decideStrip,
  type KeptStream,
  type Seen,
  sha256,
  toSeen,
} from './decide.ts'
import { placeRefusal } from './guard.ts'
import { type FoundJob, type Job, type PreparedJob, takesBytes } from './job.ts'
import { resultOf } from './native-result.ts'
import { INLINE_BYTES } from './quarantine.ts'
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
  readonly modifiedNs: bigint
  readonly isInFile: boolean
}

export async function prepare(
  tools: OrderTools,
  jobs: readonly FoundJob[],
): Promise<PreparedJob[]> {
  const resolve = await tools.scope.resolver()
  const answered: PreparedJob[] = []
  const open: OpenJob[] = []
  for (const { job, entry } of jobs) {
    const entryId = entry?.entryId ?? null
    const isResumed = entry !== undefined
    const place = resolve(job.target.volumeId, job.target.path)
    const reason = isResumed
      ? placeRefusal(place)
      : tools.guard.refusal(job.action, job.target, place)
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
  const looked: LookedAt[] = []
  for (const [at, look] of (await lookAtAll(tools, open)).entries()) {
    looked.push(await decide(tools, open[at]!, look))
  }
  return [...answered, ...commit(tools, looked)]
}

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
  const byRoot = Map.groupBy(work.keys(), (at) => work[at]!.root)
  for (const [root, indexes] of byRoot) {
    const operations = indexes.map((at) => work[at]!.operation)
    const answers = await addon
      .carryOut(root, operations, scope.hints)
      .catch((error) => operations.map((): NativeOperationResult => ({ error })))
    for (const [at, index] of indexes.entries()) results[index] = answers[at]!
  }
  return results
}

async function decide(
  tools: OrderTools,
  open: OpenJob,
  look: NativeOperationResult,
): Promise<LookedAt> {
  const { job, entryId, isResumed, place } = open
  const base = { job, entryId, isResumed, place, modifiedNs: look.modifiedNs ?? 0n }
  const answer = (result: Result) => ({
    ...base,
    decision: answerOf(result),
    seen: null,
    isInFile: false,
  })
  if (look.error) return answer(resultOf(look.error))
  let seen = toSeen(look)
  let isInFile = false
  if (seen.size !== null && seen.sha256 === null && seen.size === sizeOf(job)) {
    try {
      const isCopied = job.action === 'strip' && !isResumed
      seen = { ...seen, sha256: await readLarge(tools, open, isCopied) }
      isInFile = isCopied
    } catch (error) {
      return answer(notKept(resultOf(error)))
    }
  }
  const decision = decisionFor(tools, open, seen)
  const late =
    decision.kind === 'answer' || isResumed ? null : tools.guard.takeTurn(tools.clock.now())
  if (isInFile && (decision.kind === 'answer' || late !== null)) {
    await tools.quarantine.discard(job.target.targetId)
  }
  return { ...base, seen, isInFile, decision: late === null ? decision : answerOf(refused(late)) }
}

export function decisionFor(
  { state }: Pick<OrderTools, 'state'>,
  { job: { action, target }, entryId, isResumed, kept }: Omit<OpenJob, 'place'>,
  seen: Seen,
): Decision {
  switch (action) {
    case 'strip': {
      const isOurs = isResumed && entryId !== null && !state.journal.hasLaterDone(entryId, target)
      return decideStrip(target as OrderTarget, seen, isOurs)
    }
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
async function readLarge(tools: OrderTools, open: OpenJob, isCopied: boolean): Promise<string> {
  const { addon, scope, quarantine } = tools
  const { targetId, path, identity, stream } = open.job.target
  const carrier = await addon.openCarrier(open.place.root, path, identity, scope.hints)
  try {
    if (!isCopied) return await carrier.hash(stream)
    const copy = await quarantine.copyIn(targetId, chunksOf(carrier, stream, sizeOf(open.job)))
    await quarantine.keep(targetId)
    return copy.sha256
  } catch (error) {
    await quarantine.discard(targetId).catch(() => undefined)
    throw error
  } finally {
    carrier.close()
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

/** What a restore puts back, or why it cannot: from the quarantine, or else what central kept. */
export async function readKept(
  { state, quarantine, guard }: Pick<OrderTools, 'state' | 'quarantine' | 'guard'>,
  job: Job,
  place: ScopePlace | null,
): Promise<KeptStream | Result> {
  const target = job.target as RestoreTarget
  const { strippedTargetId, copy } = target
  const orElse = (result: Result) => (copy ? readCopy(guard, target, copy, place) : result)
  const entry = state.quarantine.find(strippedTargetId)
  const taken = state.journal.find(strippedTargetId)
  if (!entry || !taken?.receipt)
    return orElse(refused('This agent’s quarantine holds nothing of that order.'))
  const fields = ['volumeId', 'identity', 'stream', 'sizeBytes', 'sha256'] as const
  const original = taken.target as OrderTarget
  if (fields.some((field) => original[field] !== target[field])) {
    return refused('This is not the stream that was taken away.')
  }
  if (entry.prunedAt !== null) {
    return orElse(refused(`The copy in quarantine was pruned at ${entry.prunedAt}, by its bounds.`))
  }
  const bytes = entry.bytes ?? (await quarantine.read(strippedTargetId).catch(() => null))
  if (bytes === null || sha256(bytes) !== entry.sha256) {
    return orElse(failed('The copy in quarantine is damaged; nothing was written.'))
  }
  return { action: taken.action as KeptStream['action'], bytes, sha256: entry.sha256 }
}

/** Journal entries and bytes in one commit: see the head of this file. */
function commit(tools: OrderTools, looked: readonly LookedAt[]): PreparedJob[] {
  const { state, streams, clock } = tools
  const now = toTimestamp(clock.now())
  return state.transaction(() =>
    looked.map((prepared) => {
      const { job, decision, isResumed, place, seen } = prepared
      if (decision.kind === 'answer' || isResumed || seen === null) return prepared
      const { target } = job
      const entryId = state.journal.begin(job.action, job.order, target, now)
      if (takesBytes(job.action)) {
        const { sizeBytes, sha256 } = target as OrderTarget
        state.quarantine.add({
          entryId,
          sizeBytes,
          sha256,
          bytes: prepared.isInFile ? null : seen.content,
          kind: seen.isDirectory ? 'directory' : 'file',
          modifiedNs: prepared.modifiedNs,
          report: streams?.find(target) ?? null,
          root: place?.root ?? '',
          keptAt: now,
        })
      }
      return { ...prepared, entryId }
    }),
  )
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
