/**
 * Moves what agents have reported out of a central.sqlite of schema 1 into inventory.sqlite, streams with their
 * numbers, first and last seen and gone. Nothing is taken from the old file: its next migration does that. Stopped in the
 * middle, it goes on where it was.
 */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import { closeWriter, openToWrite } from './inventory/open-inventory.ts'
import { createWriter, type ImportedStream, type WriteJob } from './inventory/writer.ts'
import { fromUtf16 } from './utf16.ts'

/** The schema of central.sqlite that held streams. */
export const OLD_SCHEMA = 1

/** Of one transaction. */
const CHUNK = 5_000

interface OldStream {
  stream_id: number
  machine_id: MachineId
  volume_id: string
  identity: string
  stream_name_utf16: Buffer
  path: string
  path_utf16: Buffer | null
  links_json: string | null
  kind: string
  size_bytes: number
  allocated_bytes: number
  is_resident: number
  modified_at: string
  sha256: string | null
  origin_json: string | null
  verdict: string
  rule: string
  first_seen_at: number
  last_seen_at: number
  gone_at: number | null
}

export function moveInventory(central: Database, inventoryFile: string): void {
  const inventory = openToWrite(inventoryFile)
  try {
    const writer = createWriter(inventory)
    const run = (job: WriteJob): void => {
      const [outcome] = writer.run([job])
      if (outcome !== undefined && 'error' in outcome) throw outcome.error
    }
    for (const job of machineJobs(central)) run(job)
    const selectNext = inventory.prepare<[], { next: number }>(
      'SELECT next_stream_id AS next FROM engine',
    )
    const selectOld = central.prepare<[number, number], OldStream>(`
      SELECT s.*, m.machine_id FROM stream AS s JOIN machine AS m USING (machine_no)
      WHERE s.stream_id >= ? ORDER BY s.stream_id LIMIT ?
    `)
    while (true) {
      const rows = selectOld.all(selectNext.get()!.next, CHUNK)
      if (rows.length === 0) break
      run({ kind: 'import', streams: rows.map(toImported) })
    }
    run({ kind: 'reserve', nextStreamId: lastNumber(central) + 1 })
  } finally {
    closeWriter(inventory)
  }
}

function machineJobs(central: Database): WriteJob[] {
  const machines = central
    .prepare<[], { machineNo: number; machineId: MachineId; facts: string }>(
      'SELECT machine_no AS machineNo, machine_id AS machineId, facts_json AS facts FROM machine',
    )
    .all()
    .map(({ facts, ...machine }) => ({
      ...machine,
      hostname: (JSON.parse(facts) as MachineFacts).hostname,
      labels: [],
    }))
  const volumes = central
    .prepare<
      [],
      { machineId: MachineId; volumeId: string; isWritable: number; confirmedAt: number | null }
    >(`
      SELECT m.machine_id AS machineId, v.volume_id AS volumeId, v.is_writable AS isWritable,
        v.confirmed_at AS confirmedAt
      FROM volume AS v JOIN machine AS m USING (machine_no)
    `)
    .all()
    .map(({ machineId, volumeId, isWritable, confirmedAt }): WriteJob => {
      const volume = { volumeId: volumeId as never, isWritable: isWritable === 1, confirmedAt }
      return { kind: 'setVolumes', machineId, volumes: [volume] }
    })
  return [{ kind: 'putMachines', machines }, ...volumes]
}

/** The highest number ever given: also those of rows that are not there any more are never given again. */
function lastNumber(central: Database): number {
  const row = central
    .prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'stream'")
    .get()
  return row?.seq ?? 0
}

function toImported(row: OldStream): ImportedStream {
  const path = row.path_utf16 === null ? row.path : fromUtf16(row.path_utf16)
  const report = {
    volumeId: row.volume_id,
    identity: row.identity,
    stream: fromUtf16(row.stream_name_utf16),
    path,
    links: row.links_json === null ? [path] : (JSON.parse(row.links_json) as string[]),
    kind: row.kind,
    sizeBytes: row.size_bytes,
    allocatedBytes: row.allocated_bytes,
    isResident: row.is_resident === 1,
    modifiedAt: row.modified_at,
    sha256: row.sha256,
    origin: row.origin_json === null ? null : JSON.parse(row.origin_json),
    verdict: row.verdict,
    rule: row.rule,
  } as ReportedStream
  return {
    machineId: row.machine_id,
    streamId: row.stream_id,
    report,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    goneAt: row.gone_at,
  }
}
