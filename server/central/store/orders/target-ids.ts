/**
 * Target ids are not stored: the first 24 characters are the list's own, the last 12 the target's number. Ids of orders
 * made before are what they were; see move-orders.ts.
 */
import { randomUUID } from 'node:crypto'
import type { TargetId } from '../../../protocol/ids.ts'

const KEY_LENGTH = 24

export function newTargetKey(): string {
  return randomUUID().slice(0, KEY_LENGTH)
}

export function targetIdOf(targetKey: string, targetNo: number): TargetId {
  return (targetKey + targetNo.toString(16).padStart(36 - KEY_LENGTH, '0')) as string as TargetId
}

/** Undefined: the id is not one of the list with this key. */
export function targetNoOf(targetKey: string, targetId: TargetId): number | undefined {
  if (!targetId.startsWith(targetKey)) return undefined
  return Number.parseInt(targetId.slice(KEY_LENGTH), 16)
}
