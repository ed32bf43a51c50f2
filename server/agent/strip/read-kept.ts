/** What a restore puts back. */
import type { OrderTarget, RestoreTarget } from '../../protocol/order.ts'
import type { ScopePlace } from '../scan/scope.ts'
import { readCopy } from './central-copy.ts'
import { type KeptStream, sha256 } from './decide.ts'
import type { Job } from './job.ts'
import { failed, type Result, refused } from './result.ts'
import type { OrderTools } from './tools.ts'

/** The bytes, or why they cannot be had: from the quarantine, or else what central kept. */
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
