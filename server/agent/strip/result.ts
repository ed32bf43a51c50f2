/** What happened to one target, before it is a receipt. */
import type { ReceiptOutcome } from '../../protocol/order.ts'

export interface Result {
  readonly outcome: ReceiptOutcome
  /** One sentence for people. */
  readonly reason: string
}

export function refused(reason: string): Result {
  return { outcome: 'refused', reason }
}

export function failed(reason: string): Result {
  return { outcome: 'failed', reason }
}

/**
 * A copy is in quarantine, so the stream may have been changed; "untouched" could be false. What the disk
 * showed all the same is the answer.
 */
export function afterInterruption({ outcome, reason }: Result): Result {
  if (outcome === 'gone' || outcome === 'changed') return { outcome, reason }
  return failed(
    `An earlier attempt was interrupted and its result cannot be seen now; a copy is in quarantine. ${reason}`,
  )
}
