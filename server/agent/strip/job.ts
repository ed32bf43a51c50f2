/** One target on its way through the runner. */
import type { OrderAction, Receipt } from '../../protocol/order.ts'
import type { ScopePlace } from '../scan/scope.ts'
import type { AnyTarget, JournalEntry, Order } from '../state/journal-store.ts'
import type { Decision, Seen } from './decide.ts'
import type { Result } from './result.ts'

export interface Job {
  readonly action: OrderAction
  readonly order: Order
  readonly target: AnyTarget
  /** Nobody asked again: an entry left open by a crash. It stays open where its result cannot be seen. */
  readonly isRecovery: boolean
  /** Null: left open. */
  readonly settle: (receipt: Receipt | null) => void
  readonly fail: (error: unknown) => void
}

export interface FoundJob {
  readonly job: Job
  /** Of an interrupted attempt. */
  readonly entry: JournalEntry | undefined
}

/** Looked at and decided; what is to be kept is kept and the journal says that it has begun. */
export interface PreparedJob {
  readonly job: Job
  /** Null where the journal has no entry yet: an answer needs none before it is given. */
  readonly entryId: number | null
  /** An earlier attempt was interrupted. */
  readonly isResumed: boolean
  readonly decision: Decision
  /** Null only with an answer. */
  readonly place: ScopePlace | null
  readonly seen: Seen | null
}

/** With what came of it. Null: an answer cannot be given, and the entry stays open. */
export interface FinishedJob extends PreparedJob {
  readonly result: Result | null
}

/** Two jobs with one of these in common must not be at work at the same time. */
export function claimsOf({ target }: Job): string[] {
  const stream = `${target.volumeId}\0${target.identity}\0${target.stream.toLowerCase()}`
  const claims = [target.targetId, stream]
  if ('strippedTargetId' in target) claims.push(target.strippedTargetId)
  return claims
}

/** The bytes of removed streams that are kept: of these actions. */
export function takesBytes(action: OrderAction): boolean {
  return action === 'strip' || action === 'reduce'
}
