/** A delta as the engine takes it, of any protocol that central serves. */
import type { InventoryDelta } from '../../../protocol/link-frames.ts'

/** Which buckets a resync is about; `bucketOf` of server/shared/inventory-buckets.ts. */
export interface BucketChoice {
  count: number
  numbers: readonly number[]
}

export type StoredDelta = Omit<InventoryDelta, 'type' | 'resync'> & {
  resync: { id: string; isLast: boolean; buckets?: BucketChoice | null } | null
}
