/**
 * In which of a number of buckets a stream of a machine is: by its key, so that a stream stays in its
 * bucket whatever else changes. Agent and central compare a digest for each bucket and repair those that differ.
 */
import { createHash } from 'node:crypto'
import type { StreamKey } from '../protocol/stream.ts'

/** From 0 to `bucketCount` - 1; `bucketCount` at most 65,536. */
export function bucketOf(key: StreamKey, bucketCount: number): number {
  const text = JSON.stringify([key.volumeId, key.identity, key.stream])
  return createHash('sha256').update(text).digest().readUInt32BE(0) % bucketCount
}
