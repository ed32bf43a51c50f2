/** What a preview says of its targets: from counts of their classes, of which there are few. */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../../protocol/ids.ts'
import type { VerdictName } from '../../../protocol/stream.ts'
import type { FrozenSoFar } from './freeze-streams.ts'
import type { Bucket, PreviewSummary } from './order-types.ts'

const TOP = 20

interface ClassRow {
  verdict: VerdictName
  extension: string
  host: string | null
  stream: string
}

export function createSummaries(db: Database) {
  const selectClass = db.prepare<[number], ClassRow>(`
    SELECT c.verdict, c.extension, c.host, sn.name AS stream
    FROM class AS c JOIN stream_name AS sn USING (stream_name_no) WHERE c.class_no = ?
  `)
  const selectMachine = db.prepare<[number], { machineId: MachineId; hostname: string }>(`
    SELECT machine_id AS machineId, hostname FROM inventory.machine WHERE machine_no = ?
  `)
  const selectShares = db.prepare<[], { no: number }>(
    "SELECT volume_no AS no FROM volume WHERE volume_id NOT LIKE 'ntfs-%' LIMIT 1",
  )
  const countOnShares = db.prepare<[number, number], { count: number }>(`
    SELECT count(*) AS count FROM main.target
    WHERE target_no BETWEEN ? AND ? AND volume_no IN (
      SELECT volume_no FROM volume WHERE volume_id NOT LIKE 'ntfs-%')
  `)
  return {
    of: (
      { classes, machines, excluded, returned, count: frozenCount }: FrozenSoFar,
      firstNo: number,
    ): PreviewSummary => {
      const verdicts = new Map<VerdictName, number>()
      const extensions = new Map<string, number>()
      const origins = new Map<string | null, number>()
      let otherStreams = 0
      for (const [classNo, count] of classes) {
        const { verdict, extension, host, stream } = selectClass.get(classNo)!
        add(verdicts, verdict, count)
        add(extensions, extension, count)
        add(origins, host, count)
        if (stream.toLowerCase() !== 'zone.identifier') otherStreams += count
      }
      const largest = machines.toSorted((a, b) => b.count - a.count).slice(0, TOP)
      const hasShares = selectShares.get() !== undefined
      return {
        onShares: hasShares ? countOnShares.get(firstNo, firstNo + frozenCount - 1)!.count : 0,
        byMachine: largest.map(({ machineNo, count }) => ({
          ...selectMachine.get(machineNo)!,
          count,
        })),
        byVerdict: top(verdicts),
        byExtension: top(extensions),
        byOrigin: top(origins),
        excluded: top(excluded).map(({ value, count }) => ({ reason: value, count })),
        otherStreams,
        returned,
      }
    },
  }
}

function add<Value>(counts: Map<Value, number>, value: Value, count: number): void {
  counts.set(value, (counts.get(value) ?? 0) + count)
}

function top<Value>(counts: ReadonlyMap<Value, number>): Bucket<Value>[] {
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, TOP)
}
