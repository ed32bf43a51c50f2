/** Takes over streams that another store has numbered and dated, in the order of their numbers. */
import type { MachineId } from '../../../protocol/ids.ts'
import type { ReportedStream } from '../../../protocol/stream.ts'
import { reportText, streamDigest } from '../../../shared/inventory-digest.ts'
import { boundCode, CODE_SQL } from './code-columns.ts'
import type { WriterParts } from './delta-writer.ts'
import { encodeIdentity } from './identity-code.ts'
import { itemReportOf } from './item-report.ts'
import { countStream, type MachineState } from './machine-states.ts'
import { encodeTimestamp } from './timestamp-code.ts'

export interface ImportedStream {
  machineId: MachineId
  streamId: number
  report: ReportedStream
  firstSeenAt: number
  lastSeenAt: number
  goneAt: number | null
}

export function createImporter({ db, items, machines, counts, firstSeen }: WriterParts) {
  const insert = db.prepare<unknown[]>(`
    INSERT INTO stream (
      stream_id, volume_no, identity, stream_name_no, item_no, modified_at, seen_at, gone_at)
    VALUES (?, ?, ${CODE_SQL}, ?, ?, ${CODE_SQL}, ?, ?)
  `)
  return (state: MachineState, imported: ImportedStream): void => {
    const { streamId, report, firstSeenAt, lastSeenAt, goneAt } = imported
    const item = items.intern(itemReportOf(report, reportText(report)))
    insert.run(
      streamId,
      machines.volumeNo(state, report.volumeId),
      ...boundCode(encodeIdentity(report.identity)),
      item.streamNameNo,
      item.itemNo,
      ...boundCode(encodeTimestamp(report.modifiedAt)),
      lastSeenAt > firstSeenAt ? lastSeenAt : null,
      goneAt,
    )
    firstSeen.skipTo(streamId)
    firstSeen.take(firstSeenAt, 1)
    if (goneAt !== null) return
    machines.touch(state)
    state.digest.add(streamDigest(report))
    counts.add(state.machineNo, item, 1)
    countStream(state, item.verdict, 1)
  }
}
