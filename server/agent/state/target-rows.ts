/**
 * How the targets of a part are kept: what all of them say alike with the part, an id as bytes, and the rest as JSON
 * text, in which lone surrogates survive as escapes.
 */
import type { TargetId } from '../../protocol/ids.ts'
import type { MarkTarget, OrderTarget, RestoreTarget } from '../../protocol/order.ts'

export type AnyTarget = OrderTarget | RestoreTarget | MarkTarget

/** Columns of `order_target` and its `order_part`. */
export interface TargetRow {
  target_id: Buffer
  common: string
  target: string
}

type Fields = Record<string, unknown>

const ID_BYTES = 16
/** Where a UUID has them. */
const DASHES = [8, 13, 18, 23]

/** The fields that each of these has, with the same value. */
export function commonOf(targets: readonly AnyTarget[]): Fields {
  const all = targets as unknown as readonly Fields[]
  const common: Fields = {}
  for (const [field, value] of Object.entries(all[0] ?? {})) {
    // Of objects it is not told whether they are alike.
    const isShared = typeof value !== 'object' && all.every((target) => target[field] === value)
    if (isShared && field !== 'targetId') common[field] = value
  }
  return common
}

/** What each of them has beside that. */
export function restOf(targets: readonly AnyTarget[], common: Fields): Fields[] {
  return (targets as unknown as readonly Fields[]).map((target) => {
    const rest: Fields = {}
    for (const field in target) {
      if (field !== 'targetId' && !(field in common)) rest[field] = target[field]
    }
    return rest
  })
}

/** After one another. */
export function targetIdsOf(targets: readonly AnyTarget[]): Buffer {
  const texts = targets.map(({ targetId }) => targetId)
  const ids = Buffer.from(texts.join('').replaceAll('-', ''), 'hex')
  // One that is too short or long would shift those after it.
  const areWhole = texts.every((id) => id.length === 36 && DASHES.every((at) => id[at] === '-'))
  if (!areWhole || ids.length !== targets.length * ID_BYTES) {
    throw new Error('a target id that is no UUID cannot be in the journal')
  }
  return ids
}

export function idOf(bytes: Buffer): TargetId {
  const hex = bytes.toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return [...parts, hex.slice(20)].join('-') as TargetId
}

export function toTarget({ target_id, common, target }: TargetRow): AnyTarget {
  return { targetId: idOf(target_id), ...JSON.parse(common), ...JSON.parse(target) }
}
