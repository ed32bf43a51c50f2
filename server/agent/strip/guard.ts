/**
 * The one place that decides which streams this machine lets anybody strip, whatever was approved
 * elsewhere. Pure: what is on the disk is checked later, by the runner.
 */
import type { OrderTarget } from '../../protocol/order.ts'
import { neverStripReason } from '../../streams/never-strip.ts'
import type { ScopePlace } from '../scan/scope.ts'

export interface StripPolicy {
  /** Globs (`*`, `?`) over stream names, case ignored; one must match. */
  readonly allowedStreams: readonly string[]
  /** A larger stream could not be put back from memory. */
  readonly maxBytes: number
}

/** Why this target is refused, as a sentence, or null if it may be stripped. */
export function refusal(
  target: OrderTarget,
  place: ScopePlace | null,
  policy: StripPolicy,
): string | null {
  const never = neverStripReason(target.stream)
  if (never !== null) return `This stream is never stripped: ${never}.`
  if (!policy.allowedStreams.some((glob) => matches(glob, target.stream))) {
    return 'The config of this machine’s agent (allowedStreams) does not allow to strip this stream.'
  }
  if (target.sizeBytes > policy.maxBytes) {
    return `The stream has ${target.sizeBytes} bytes; over ${policy.maxBytes} it could not be put back.`
  }
  return placeRefusal(place)
}

/** Why nothing can be written there, or null. */
export function placeRefusal(place: ScopePlace | null): string | null {
  if (place === null) {
    return 'The path is not in the scope of this machine’s agent, or its volume is not mounted.'
  }
  if (!place.target.isWritable) {
    return `${place.root} is read raw or mounted read-only, so nothing is changed on it.`
  }
  return null
}

function matches(glob: string, name: string): boolean {
  const pattern = glob.replace(/[\\^$.*+?()[\]{}|/-]/g, (character) => {
    if (character === '*') return '[^]*'
    return character === '?' ? '[^]' : `\\${character}`
  })
  return new RegExp(`^${pattern}$`, 'i').test(name)
}
