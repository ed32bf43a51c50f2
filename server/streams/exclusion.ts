/**
 * Why an order may not name a stream: the one place that decides it in central. The agent checks again
 * by itself. Pure.
 */
import type { OrderAction } from '../protocol/order.ts'
import type { ReportedStream } from '../protocol/stream.ts'
import { neverStripReason } from './never-strip.ts'

export interface StripCandidate extends Pick<ReportedStream, 'stream' | 'verdict' | 'sha256'> {
  goneAt: number | null
  isVolumeWritable: boolean
}

/** A sentence for people, or null: an order may name it. */
export function exclusionReason(
  candidate: StripCandidate,
  action: OrderAction = 'strip',
): string | null {
  if (candidate.goneAt !== null) return 'gone: it is no longer on its machine'
  const never = neverStripReason(candidate.stream)
  if (never !== null) return `protected: ${never}`
  if (action === 'reduce' && candidate.stream.toLowerCase() !== 'zone.identifier')
    return 'no mark: only a Zone.Identifier can be reduced'
  if (candidate.verdict === 'keep') return 'protected: holds data'
  if (candidate.sha256 === null)
    return 'unreadable: its content could not be read, so it cannot be checked'
  if (!candidate.isVolumeWritable)
    return 'read-only: its volume is not open for writing on its machine'
  return null
}
