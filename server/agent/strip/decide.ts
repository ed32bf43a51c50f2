/**
 * What is to be done with one target, by what its carrier shows now. Pure. The same answers serve a target
 * that is new and one whose earlier attempt was cut off at any instruction (`kept` and `isResumed`): a stream
 * that is as we would leave it is our doing then, and one that is half of each is finished.
 */
import { createHash } from 'node:crypto'
import type { NativeExpected, NativeOperationResult } from '../../../native/addon.ts'
import type { MarkTarget, OrderTarget, RestoreTarget } from '../../protocol/order.ts'
import { isZoneIdentifierName } from '../../streams/zone-identifier.ts'
import { reducedZoneIdentifier, zoneIdentifierBytes } from '../../streams/zone-identifier-text.ts'
import { type Result, refused } from './result.ts'

/** The stream as a look found it. */
export interface Seen {
  readonly isDirectory: boolean
  /** Null: there is no stream of exactly this name. */
  readonly size: number | null
  readonly sha256: string | null
  /** Null where it is too large to be compared byte by byte. */
  readonly content: Uint8Array | null
  /** The carrier's other streams, where there is none of this name. */
  readonly names: readonly string[]
}

/** An answer, with nothing to be done; or what to do, with the bytes that must be kept first or not. */
export type Decision =
  | { readonly kind: 'answer'; readonly result: Result }
  | { readonly kind: 'remove'; readonly expected: NativeExpected }
  | { readonly kind: 'replace'; readonly expected: NativeExpected; readonly bytes: Uint8Array }
  | { readonly kind: 'create'; readonly bytes: Uint8Array }

/** What a restore puts back. */
export interface KeptStream {
  readonly action: 'strip' | 'reduce'
  readonly bytes: Uint8Array
  readonly sha256: string
  /** This agent does not know that it took it. */
  readonly isFromCentral?: true
}

export function toSeen(look: NativeOperationResult): Seen {
  return {
    isDirectory: look.isDirectory ?? false,
    size: look.size ?? null,
    sha256: look.sha256 ?? null,
    content: look.content ?? null,
    names: look.names ?? [],
  }
}

export function decideStrip(target: OrderTarget, seen: Seen, isResumed: boolean): Decision {
  if (seen.size === null) {
    return isResumed
      ? answer('done', 'An interrupted attempt had removed it.')
      : answer('gone', 'The file has no such stream any more.')
  }
  if (!isTheOrdered(target, seen)) return CHANGED
  return { kind: 'remove', expected: expectedOf(target) }
}

/** `original`: the content before, of an interrupted attempt. */
export function decideReduce(
  target: OrderTarget,
  seen: Seen,
  original: Uint8Array | null,
): Decision {
  if (seen.size === null) return answer('gone', 'The file has no such stream any more.')
  const { content } = seen
  if (isTheOrdered(target, seen)) {
    const reduced = content && reducedZoneIdentifier(content)
    if (!reduced) {
      return { kind: 'answer', result: refused('This Zone.Identifier says no zone to keep.') }
    }
    if (isSame(reduced, content)) return answer('done', 'It says its zone and nothing else.')
    return { kind: 'replace', expected: expectedOf(target), bytes: reduced }
  }
  const reduced = original && reducedZoneIdentifier(original)
  if (!original || !reduced || !content) return CHANGED
  if (isSame(content, reduced)) return answer('done', 'An interrupted attempt had reduced it.')
  return isBetween(content, original, reduced) ? overwrite(content, reduced) : CHANGED
}

export function decideMark(target: MarkTarget, seen: Seen, isResumed: boolean): Decision {
  if (seen.isDirectory) {
    return { kind: 'answer', result: refused('A folder gets no mark: nothing opens it.') }
  }
  const bytes = zoneIdentifierBytes(target.origin)
  if (seen.size === null) {
    // Windows takes both for one name.
    const alike = seen.names.some(isZoneIdentifierName)
    return alike ? MARKED : { kind: 'create', bytes }
  }
  if (!isResumed || !seen.content) return MARKED
  if (isSame(seen.content, bytes)) return answer('done', 'An interrupted attempt had written it.')
  return isBetween(seen.content, NOTHING, bytes) ? overwrite(seen.content, bytes) : MARKED
}

export function decideRestore(
  target: RestoreTarget,
  seen: Seen,
  kept: KeptStream,
  isResumed: boolean,
): Decision {
  const { bytes } = kept
  // Also beside a name that differs in case alone, where the file system lets both be, as before.
  if (seen.size === null) return { kind: 'create', bytes }
  if (seen.size === target.sizeBytes && seen.sha256 === kept.sha256) {
    return answer('done', 'It was already there, with the same content.')
  }
  const reduced = kept.action === 'reduce' ? reducedZoneIdentifier(bytes) : null
  const { content } = seen
  // Reduced, or a reduce or its undo that was cut off: nobody else leaves a front of the one before the
  // rest of the other. Where only central says that it was reduced, it must be so to the byte: "between" would let it
  // add to any mark whose front it knows.
  const isOurs =
    reduced &&
    content &&
    (kept.isFromCentral && !isResumed
      ? isSame(content, reduced)
      : isBetween(content, bytes, reduced) || isBetween(content, reduced, bytes))
  if (isOurs) return overwrite(content, bytes)
  if (!isResumed) return OCCUPIED
  if (content && isBetween(content, NOTHING, bytes)) return overwrite(content, bytes)
  // A large one that was cut off while it was written; it is not compared byte by byte.
  const isFront = seen.size < bytes.length && seen.sha256 === sha256(bytes.subarray(0, seen.size))
  return isFront && seen.sha256 !== null
    ? { kind: 'replace', expected: { size: BigInt(seen.size), sha256: seen.sha256 }, bytes }
    : OCCUPIED
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

const NOTHING = new Uint8Array()
const CHANGED = answer('changed', 'The stream’s content is not what was ordered to be changed.')
const MARKED = answer('changed', 'The file has a Zone.Identifier; the order was for one without.')
const OCCUPIED = answer('changed', 'The file has a stream of this name again, with other content.')

function isTheOrdered(target: OrderTarget, seen: Seen): boolean {
  return seen.size === target.sizeBytes && seen.sha256 === target.sha256
}

/** Whether writing `next` over `old` from the front, and then its length, can have left this. */
function isBetween(content: Uint8Array, old: Uint8Array, next: Uint8Array): boolean {
  let front = 0
  while (front < next.length && content[front] === next[front]) front += 1
  return isSame(content.subarray(front), old.subarray(front))
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && Buffer.compare(one, other) === 0
}

function overwrite(content: Uint8Array, bytes: Uint8Array): Decision {
  const expected = { size: BigInt(content.length), sha256: sha256(content) }
  return { kind: 'replace', expected, bytes }
}

function expectedOf({ sizeBytes, sha256 }: OrderTarget): NativeExpected {
  return { size: BigInt(sizeBytes), sha256 }
}

function answer(outcome: Result['outcome'], reason: string): Decision {
  return { kind: 'answer', result: { outcome, reason } }
}
