/**
 * The one place that decides what this machine lets anybody do to its streams, whatever was approved
 * elsewhere. Pure: what is on the disk is checked later, by the runner.
 */

import type { MarkTarget, OrderAction, OrderTarget, RestoreTarget } from '../../protocol/order.ts'
import type { LocalPolicy } from '../../protocol/policy.ts'
import { globMatcher } from '../../shared/glob.ts'
import { neverStripReason } from '../../streams/never-strip.ts'
import { isZoneIdentifierName } from '../../streams/zone-identifier.ts'
import { type ScopePlace, wholePath } from '../scan/scope.ts'

export class Guard {
  readonly policy: LocalPolicy
  readonly #allowsStream: (name: string) => boolean
  /** Any of the forms that a path is written in. */
  readonly #allowsPath: (forms: readonly string[]) => boolean
  /** A larger stream could not be put back. */
  readonly #maxBytes: number
  readonly #acted: number[] = []

  constructor(policy: LocalPolicy, maxBytes: number) {
    this.policy = policy
    this.#maxBytes = maxBytes
    this.#allowsStream = anyOf(policy.streams)
    const include = anyOf(policy.paths.include.map(slashed))
    const exclude = anyOf(policy.paths.exclude.map(slashed))
    this.#allowsPath = (forms) => {
      const comparable = forms.map(slashed)
      return comparable.some(include) && !comparable.some(exclude)
    }
  }

  /** Why this target is refused, as a sentence, or null if it may be acted on. */
  refusal(
    action: OrderAction,
    target: OrderTarget | RestoreTarget | MarkTarget,
    place: ScopePlace | null,
  ): string | null {
    const never = neverStripReason(target.stream)
    if (never !== null) return `This stream is never stripped: ${never}.`
    if (!this.policy.actions.includes(action)) return denied('actions', `does not list ${action}`)
    // What was taken away here under the rules of its day may always be put back where it was.
    if (action !== 'restore') {
      const { stream, path } = target
      if (!this.#allowsStream(stream)) return denied('streams', 'does not list this stream')
      const forms = place === null ? [path] : [wholePath(place, path), path]
      if (!this.#allowsPath(forms)) return denied('paths', 'does not allow this path')
    }
    if (action === 'reduce' && !isZoneIdentifierName(target.stream)) {
      return 'Only a Zone.Identifier can be reduced.'
    }
    if ('sizeBytes' in target && target.sizeBytes > this.#maxBytes) {
      return `The stream has ${target.sizeBytes} bytes; over ${this.#maxBytes} it could not be put back.`
    }
    return placeRefusal(place)
  }

  /** Counts one target that is to be acted on; a sentence if that would be one too many in a minute. */
  takeTurn(nowMs: number): string | null {
    const { targetsPerMinute } = this.policy
    if (targetsPerMinute === null) return null
    const oldest = nowMs - 60_000
    while (this.#acted.length > 0 && this.#acted[0]! <= oldest) this.#acted.shift()
    if (this.#acted.length >= targetsPerMinute) {
      return denied(
        'targetsPerMinute',
        `allows ${targetsPerMinute} in a minute, and they are used up`,
      )
    }
    this.#acted.push(nowMs)
    return null
  }
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

function denied(rule: string, says: string): string {
  return `The policy of this machine (${rule}) ${says}.`
}

/** Before a glob is read: in a path's glob `\\` is a separator and escapes nothing. */
function slashed(path: string): string {
  return path.replaceAll('\\', '/')
}

function anyOf(globs: readonly string[]): (text: string) => boolean {
  const matchers = globs.map(globMatcher)
  return (text) => matchers.some((matches) => matches(text))
}
