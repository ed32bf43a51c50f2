/** One row of `order_target`, with what belongs to it of its machine → a target. */
import type { FileIdentity, MachineId, TargetId, VolumeId } from '../../protocol/ids.ts'
import type { StoredTarget } from './order-store.ts'
import { fromUtf16 } from './utf16.ts'

export interface TargetRow {
  target_no: number
  target_id: string
  machine_id: string
  hostname: string
  stream_id: number
  stripped_target_id: string | null
  volume_id: string
  identity: string
  path_utf16: Buffer
  stream_name_utf16: Buffer
  size_bytes: number
  sha256: string
  state: string
  reason: string
  receipt_at: string | null
}

export function fromTargetRow(row: TargetRow): StoredTarget {
  return {
    targetId: row.target_id as TargetId,
    machineId: row.machine_id as MachineId,
    hostname: row.hostname,
    streamId: row.stream_id,
    strippedTargetId: row.stripped_target_id as TargetId | null,
    volumeId: row.volume_id as VolumeId,
    identity: row.identity as FileIdentity,
    path: fromUtf16(row.path_utf16),
    stream: fromUtf16(row.stream_name_utf16),
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    state: row.state,
    reason: row.reason,
    receiptAt: row.receipt_at,
  }
}
