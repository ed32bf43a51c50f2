/** The second half of a batch: acts on what was decided, and commits receipts with all that follows from them. */

import type { NativeOperation, NativeOperationResult } from '../../../native/addon.ts'
import type { ScannedStream } from '../../../native/scan.ts'
import type { Receipt } from '../../protocol/order.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import { toTimestamp } from '../../shared/clock.ts'
import { CONTENT_BYTES, toReport } from '../inventory/report.ts'
import type { Closing } from '../state/entry-ranges.ts'
import { afterError } from './after-error.ts'
import type { Decision } from './decide.ts'
import { type FinishedJob, type InTurn, type PreparedJob, takesBytes } from './job.ts'
import { carryOutByRoot } from './prepare.ts'
import { afterInterruption, type Result } from './result.ts'
import type { OrderTools } from './tools.ts'

export async function finish(
  tools: OrderTools,
  prepared: readonly PreparedJob[],
  inTurn: InTurn,
): Promise<void> {
  const acting = prepared.filter(({ decision }) => decision.kind !== 'answer')
  const work = acting.map((job) => ({ root: job.place!.root, operation: operationFor(job) }))
  const answers = await inTurn(() => carryOutByRoot(tools, work))
  const finished: FinishedJob[] = []
  for (const job of prepared) {
    if (job.decision.kind === 'answer') finished.push({ ...job, result: answered(job) })
  }
  for (const [at, job] of acting.entries()) {
    const { error, outcome } = answers[at]!
    const result = error ? await afterError(tools, job, error) : acted(job, outcome)
    finished.push({ ...job, result })
  }
  const reports = tools.streams === null ? new Map() : await reportsOf(tools, finished)
  const receipts = commit(tools, finished, reports)
  for (const [at, { job, entryId, isResumed, result }] of finished.entries()) {
    if (isUntouched(job.action, isResumed, result) && entryId !== null) {
      await tools.quarantine.discard(job.target.targetId)
    }
    job.settle(receipts[at]!)
  }
}

function operationFor({ job: { target }, decision }: PreparedJob): NativeOperation {
  const { path, identity, stream } = target
  switch (decision.kind) {
    case 'remove':
      return { act: 'remove', path, identity, stream, expected: decision.expected }
    case 'replace': {
      const { expected, bytes } = decision
      return { act: 'replace', path, identity, stream, expected, bytes }
    }
    case 'create':
      return { act: 'create', path, identity, stream, bytes: decision.bytes }
    case 'answer':
      throw new Error('an answer is no work for the disk')
  }
}

/** Null where it is better to look again later than to say something that may be false. */
function answered({ job, decision, isResumed, seen }: PreparedJob): Result | null {
  const { result } = decision as Extract<Decision, { kind: 'answer' }>
  // Decided by what the carrier shows, which is the truth also after an interruption.
  if (!isResumed || seen !== null) return result
  return job.isRecovery ? null : afterInterruption(result)
}

const DONE: Readonly<Record<Exclude<Decision['kind'], 'answer'>, Result>> = {
  remove: { outcome: 'done', reason: 'Removed; a copy is in quarantine.' },
  replace: { outcome: 'done', reason: 'Written; what was there before is in quarantine.' },
  create: { outcome: 'done', reason: 'Written.' },
}
const GONE: Result = { outcome: 'gone', reason: 'The file has no such stream any more.' }
const CHANGED: Result = {
  outcome: 'changed',
  reason: 'The stream was changed while the order was carried out; it was left as it is.',
}

function acted({ decision }: PreparedJob, outcome: NativeOperationResult['outcome']): Result {
  if (decision.kind === 'answer') throw new Error('an answer is no work for the disk')
  if (outcome === 'done') return DONE[decision.kind]
  return outcome === 'gone' ? GONE : CHANGED
}

/** Nothing was changed, so nothing is kept. After an interruption that is not known. */
function isUntouched(
  action: FinishedJob['job']['action'],
  isResumed: boolean,
  result: Result | null,
): boolean {
  if (!takesBytes(action) || isResumed || result === null) return false
  return result.outcome !== 'done' && result.outcome !== 'failed'
}

/** What the machine's list of streams says of those that an order has written. */
async function reportsOf(
  { addon, scope, streams }: OrderTools,
  finished: readonly FinishedJob[],
): Promise<Map<FinishedJob, ReportedStream>> {
  const reports = new Map<FinishedJob, ReportedStream>()
  for (const entry of finished) {
    const { job, place, result } = entry
    if (job.action === 'strip' || result?.outcome !== 'done' || place === null) continue
    const { volumeId, path, identity, stream } = job.target
    try {
      const carrier = await addon.openCarrier(place.root, path, identity, scope.hints)
      try {
        const found = (await carrier.list()).find(({ name }) => name === stream)
        if (!found) continue
        const scanned: ScannedStream = {
          ...found,
          path,
          // The carrier itself does not know its other paths; the next scan does.
          links: streams?.find(job.target)?.links ?? [path],
          identity,
          kind: carrier.kind,
          modifiedNs: carrier.modifiedNs,
          sha256: await carrier.hash(stream),
          content: await carrier.read(stream, 0, CONTENT_BYTES),
        }
        const report = toReport(volumeId, scanned, { hashLimitBytes: Number.MAX_SAFE_INTEGER })
        if (report) reports.set(entry, report)
      } finally {
        carrier.close()
      }
    } catch {
      // The receipt stands; the next scan sees what is there.
    }
  }
  return reports
}

function commit(
  tools: OrderTools,
  finished: readonly FinishedJob[],
  reports: ReadonlyMap<FinishedJob, ReportedStream>,
): (Receipt | null)[] {
  const { state, streams, clock, logger } = tools
  const at = toTimestamp(clock.now())
  const receipts = state.transaction(() => {
    // An answer needs no entry before it is given.
    const unopened = finished.filter(({ entryId, result }) => entryId === null && result !== null)
    const jobs = unopened.map(({ job }) => job)
    let next = jobs.length === 0 ? 0 : state.journal.begin(at, jobs)
    const closings: Closing[] = []
    const given = finished.map((entry) => {
      const { job, result, isResumed, place } = entry
      if (result === null) return null
      const { targetId } = job.target
      const { outcome, reason } = result
      const receipt = { targetId, outcome, reason: reason.slice(0, 1_024), at }
      const entryId = entry.entryId ?? next++
      if (isUntouched(job.action, isResumed, result)) state.quarantine.remove(entryId)
      if (
        job.action === 'restore' &&
        result.outcome === 'done' &&
        'strippedTargetId' in job.target
      ) {
        const kept = state.quarantine.find(job.target.strippedTargetId)
        if (kept) state.quarantine.markRestored(kept.entryId, at)
      }
      const report = reports.get(entry)
      if (report && place) streams?.recordPresent(place.root, report)
      else if (isGone(entry)) streams?.recordGone(job.target)
      closings.push({ entryId, receipt })
      return receipt
    })
    state.journal.finish(closings)
    return given
  })
  logger.info({ counts: countsOf(finished) }, 'order targets handled')
  return receipts
}

/** The stream itself, and not only its carrier: that may have moved. */
function isGone({ job, result, seen }: FinishedJob): boolean {
  if (job.action === 'mark' || job.action === 'restore' || seen === null) return false
  return result?.outcome === 'gone' || (result?.outcome === 'done' && job.action === 'strip')
}

/** `strip done` → how many. */
function countsOf(finished: readonly FinishedJob[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { job, result } of finished) {
    const key = `${job.action} ${result?.outcome ?? 'open'}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
