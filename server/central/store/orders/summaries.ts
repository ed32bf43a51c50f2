/** What a preview says of its targets: from counts of their classes, of which there are few; of marks, from what tally-marks.ts counted. */
import type { Database } from 'better-sqlite3'
import type { MachineId } from '../../../protocol/ids.ts'
import type { VerdictName } from '../../../protocol/stream.ts'
import type { FrozenSoFar } from './freeze-streams.ts'
import type { Bucket, PreviewSummary } from './order-types.ts'

const TOP = 20

interface FamilyRow {
  verdict: VerdictName
  extension: string
  stream: string
}

export function createSummaries(db: Database) {
  // Of many classes, what they share of the two things that are told: one row each, and names of few.
  const selectKeys = db
    .prepare<[string], [index: number, familyNo: number, hostNo: number]>(`
      SELECT j.key, k.family_no, k.host_no
      FROM json_each(?) AS j CROSS JOIN class_key AS k ON k.class_no = j.value
    `)
    .raw()
  const selectFamily = db.prepare<[number], FamilyRow>(`
    SELECT f.verdict, f.extension, sn.name AS stream
    FROM family AS f JOIN stream_name AS sn USING (stream_name_no) WHERE f.family_no = ?
  `)
  const selectHost = db.prepare<[number], { host: string | null }>(
    'SELECT host FROM inventory.host WHERE host_no = ?',
  )
  const selectMachine = db.prepare<[number], { machineId: MachineId; hostname: string }>(`
    SELECT machine_id AS machineId, hostname FROM inventory.machine WHERE machine_no = ?
  `)
  return {
    of: (frozen: FrozenSoFar): PreviewSummary => {
      const { kinds, machines, excluded, returned } = frozen
      const verdicts = new Map<VerdictName, number>()
      const extensions = new Map(frozen.extensions)
      const families = new Map<number, number>()
      const hosts = new Map(frozen.hosts)
      const found: number[] = []
      let onShares = 0
      kinds.forEach((count, kind) => {
        if (count > 0) found.push(kind)
        onShares += (kind % 2) * count
      })
      const classNos = JSON.stringify(found.map((kind) => Math.floor(kind / 2)))
      for (const [index, familyNo, hostNo] of selectKeys.all(classNos)) {
        const count = kinds[found[index]!]!
        add(families, familyNo, count)
        add(hosts, hostNo, count)
      }
      let otherStreams = 0
      for (const [familyNo, count] of families) {
        const { verdict, extension, stream } = selectFamily.get(familyNo)!
        add(verdicts, verdict, count)
        add(extensions, extension, count)
        if (stream.toLowerCase() !== 'zone.identifier') otherStreams += count
      }
      const largest = machines.toSorted((a, b) => b.count - a.count).slice(0, TOP)
      return {
        onShares,
        byMachine: largest.map(({ machineNo, count }) => ({
          ...selectMachine.get(machineNo)!,
          count,
        })),
        byVerdict: top(verdicts),
        byExtension: top(extensions),
        byOrigin: top(hosts).map(({ value, count }) => ({
          value: selectHost.get(value)!.host,
          count,
        })),
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
