/**
 * What is true after a call that was to change a carrier has failed. It may have failed before it did anything, half
 * way, or after all was done (times that could not be put back, a second listing), and its code does not tell which.
 */
import type { NativeError, NativeErrorCode } from '../../../native/addon.ts'
import { CONTENT_BYTES } from '../inventory/report.ts'
import { type Seen, toSeen } from './decide.ts'
import type { PreparedJob } from './job.ts'
import { resultOf } from './native-result.ts'
import { carryOutByRoot, decisionFor, interruptedByUs } from './prepare.ts'
import { readKept } from './read-kept.ts'
import { failed, type Result } from './result.ts'
import type { OrderTools } from './tools.ts'

/** Codes of what is found out before anything is changed. */
const FROM_BEFORE: readonly (NativeErrorCode | undefined)[] = [
  'ADS_IDENTITY_CHANGED',
  'ADS_EXISTS',
  'ADS_INVALID_NAME',
  'ADS_UNSUPPORTED',
]

/**
 * Null: the entry stays open. Every outcome but `done` and `failed` was seen to be true: the stream is as it was. With
 * `failed` the copy is kept.
 */
export async function afterError(
  tools: OrderTools,
  prepared: PreparedJob,
  error: unknown,
): Promise<Result | null> {
  const { job, isResumed, place } = prepared
  const said = resultOf(error)
  const isUnsettled = isResumed && job.isRecovery && said.outcome !== 'gone'
  if (isUnsettled && said.outcome !== 'failed') return null
  const { code, operation: failedAt } = error as Partial<NativeError>
  if (failedAt === 'open' || FROM_BEFORE.includes(code)) return said
  // Listed as it was until its last reader is gone, and then it is gone for good.
  if (code === 'ADS_DELETE_PENDING') return unknown(said)
  const { path, identity, stream } = job.target
  const operation = { act: 'look', path, identity, stream, mostBytes: CONTENT_BYTES } as const
  const [look] = await carryOutByRoot(tools, [{ root: place!.root, operation }])
  if (!look || look.error) {
    // With the file itself the stream is gone, and nothing is left to be put back to.
    const isGone =
      said.outcome === 'gone' && (look?.error as NativeError | undefined)?.code === code
    return isGone ? said : unknown(said)
  }
  const now = toSeen(look)
  if (await isDone(tools, prepared, now)) {
    return { outcome: 'done', reason: `Done, although the system said: ${said.reason}` }
  }
  return isAsBefore(prepared.seen, now) ? said : unknown(said)
}

function unknown({ outcome, reason }: Result): Result {
  if (outcome === 'failed') return { outcome, reason }
  return failed(
    `Whether this was carried out cannot be seen, so what was taken is kept. The system said: ${reason}`,
  )
}

async function isDone(tools: OrderTools, prepared: PreparedJob, now: Seen): Promise<boolean> {
  const { job, entryId, place } = prepared
  const kept = job.action === 'restore' ? await readKept(tools, job, place) : null
  if (kept && 'outcome' in kept) return false
  const open = { job, entryId, isResumed: true, kept }
  const decision = decisionFor(tools, open, now, interruptedByUs(tools, [open]))
  return decision.kind === 'answer' && decision.result.outcome === 'done'
}

/** A large one has no sum in a look, and is removed as a whole or not at all. */
function isAsBefore(before: Seen | null, now: Seen): boolean {
  if (before === null || before.size !== now.size) return false
  return before.sha256 === null || now.sha256 === null || before.sha256 === now.sha256
}
