/** Rows of `target`, with what belongs to them of the inventory's dictionaries → targets. */
import type { FileIdentity, MachineId, TargetId, VolumeId } from '../../../protocol/ids.ts'
import { decodeIdentity } from '../inventory/identity-code.ts'
import { fromUtf16 } from '../utf16.ts'
import type { StoredTarget } from './order-types.ts'
import { targetIdOf } from './target-ids.ts'

/** Of `t`, with {@link TARGET_JOINS}. */
export const TARGET_COLUMNS = `
  t.target_no AS targetNo, t.target_id AS targetId, p.target_key AS targetKey, t.source_no AS sourceNo,
  s.target_id AS sourceId, sp.target_key AS sourceKey, mm.machine_id AS machineId, mm.hostname,
  ifnull(x.volume_id, v.volume_id) AS volumeId, t.identity, f.path AS folder, f.utf16 AS folder16, n.name AS fileName,
  n.utf16 AS fileName16, x.path_utf16 AS path16, ifnull(x.stream_utf16, sn.utf16) AS stream16,
  t.size_bytes AS sizeBytes, lower(hex(t.sha256)) AS sha256`

export const TARGET_JOINS = `
  JOIN preview AS p ON p.preview_no = t.preview_no
  JOIN inventory.machine AS mm ON mm.machine_no = t.machine_no
  LEFT JOIN target_text AS x ON x.target_no = t.target_no
  LEFT JOIN volume AS v ON v.volume_no = t.volume_no
  LEFT JOIN folder AS f ON f.folder_no = t.folder_no
  LEFT JOIN file_name AS n ON n.name_no = t.name_no
  LEFT JOIN stream_name AS sn ON sn.stream_name_no = t.stream_name_no
  LEFT JOIN main.target AS s ON s.target_no = t.source_no
  LEFT JOIN preview AS sp ON sp.preview_no = s.preview_no`

export interface TargetRow {
  targetNo: number
  targetId: string | null
  targetKey: string
  sourceNo: number | null
  sourceId: string | null
  sourceKey: string | null
  machineId: MachineId
  hostname: string
  volumeId: VolumeId
  identity: number | string
  folder: string | null
  folder16: Buffer | null
  fileName: string | null
  fileName16: Buffer | null
  path16: Buffer | null
  stream16: Buffer
  sizeBytes: number
  /** '' where there is none. */
  sha256: string
}

export function fromTargetRow(row: TargetRow): StoredTarget {
  return {
    targetId: (row.targetId as TargetId | null) ?? targetIdOf(row.targetKey, row.targetNo),
    machineId: row.machineId,
    hostname: row.hostname,
    volumeId: row.volumeId,
    identity: decodeIdentity(row.identity) as FileIdentity,
    path: pathOf(row),
    stream: fromUtf16(row.stream16),
    sizeBytes: row.sizeBytes,
    sha256: row.sha256 || null,
    strippedTargetId:
      row.sourceNo === null
        ? null
        : ((row.sourceId as TargetId | null) ?? targetIdOf(row.sourceKey!, row.sourceNo)),
  }
}

function pathOf({ path16, folder, folder16, fileName, fileName16 }: TargetRow): string {
  if (path16 !== null) return fromUtf16(path16)
  const exact = (text: string, utf16: Buffer | null) => (utf16 === null ? text : fromUtf16(utf16))
  return exact(folder!, folder16) + exact(fileName!, fileName16)
}
