/**
 * Bytes of small streams on their way to central and back. They leave with the receipt of what was taken; they come back
 * with a restore where this agent's quarantine has them no more, and are not believed: this agent cannot know that it ever took
 * them, so its policy decides as over a stream that is to be changed, and the order's size and hash must fit.
 */
import type { CentralCopy, Receipt, RestoreTarget } from '../../protocol/order.ts'
import type { ScopePlace } from '../scan/scope.ts'
import type { QuarantineStore } from '../state/quarantine-store.ts'
import { type KeptStream, sha256 } from './decide.ts'
import type { Guard } from './guard.ts'
import { type Result, refused } from './result.ts'

/** The receipts, those of what is done with the bytes that were there, where they are not more than asked for. */
export function withContents(
  store: Pick<QuarantineStore, 'find'>,
  receipts: readonly Receipt[],
  upToBytes: number,
): Receipt[] {
  return receipts.map((receipt) => {
    if (receipt.outcome !== 'done' || upToBytes === 0) return receipt
    const bytes = store.find(receipt.targetId)?.bytes ?? null
    if (bytes === null || bytes.length > upToBytes) return receipt
    return { ...receipt, contentBase64: Buffer.from(bytes).toString('base64') }
  })
}

/** Those of the targets whose bytes this quarantine could not put back by itself. */
export function missingOf<Id extends string>(
  store: Pick<QuarantineStore, 'find'>,
  targetIds: readonly Id[],
): Id[] {
  return targetIds.filter((targetId) => {
    const entry = store.find(targetId)
    if (entry === undefined || entry.prunedAt !== null) return true
    return entry.bytes !== null && sha256(entry.bytes) !== entry.sha256
  })
}

export function readCopy(
  guard: Guard,
  target: RestoreTarget,
  { takenBy, contentBase64 }: CentralCopy,
  place: ScopePlace | null,
): KeptStream | Result {
  // Whoever changes such a stream may also write it: no more than that is lent to a central that lies.
  const reason = guard.refusal(takenBy, target, place)
  if (reason !== null) return refused(reason)
  const bytes = Buffer.from(contentBase64, 'base64')
  if (bytes.length !== target.sizeBytes || sha256(bytes) !== target.sha256) {
    return refused('What central sent is not what the order names; nothing was written.')
  }
  return { action: takenBy, bytes, sha256: target.sha256, isFromCentral: true }
}
