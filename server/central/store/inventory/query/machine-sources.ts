/** The way by machines: where a query can only hold on some of them. */
import type { Query } from '../../../../streams/query/ast.ts'
import { listOf } from './number-lists.ts'
import type { SearchContext } from './search-context.ts'
import { NO_SOURCE, type Source } from './source.ts'
import { TRUE } from './sql.ts'
import { streamsOfFewVolumes, streamsOfVolumes } from './stream-sources.ts'

/** So many streams are sorted for every page; more are read volume by volume. */
const FEW_STREAMS = 20_000

/** Null: it can hold on any machine. */
export function machinePart(context: SearchContext, query: Query): Source | null {
  const { possible } = context.bounds(query, 'machine')
  if (possible === TRUE) return null
  const rows = context.all(
    `SELECT v.volume_no, m.machine_no, m.stream_count
     FROM machine AS m JOIN volume AS v ON v.machine_no = m.machine_no WHERE ${possible.sql}`,
    ...possible.params,
  ) as number[][]
  if (rows.length === 0) return NO_SOURCE
  const machines = new Map(rows.map(([, machineNo, streams]) => [machineNo, streams]))
  const estimate = [...machines.values()].reduce<number>((sum, streams) => sum + streams!, 0)
  const volumes = rows.map(([volumeNo]) => volumeNo!)
  const driver = `${machines.size} machines with ${estimate} streams`
  if (estimate <= FEW_STREAMS) {
    return streamsOfFewVolumes(context, volumes, { driver, order: 'newest first', estimate })
  }
  const order = 'machine by machine, newest first on each'
  return streamsOfVolumes(context, listOf(volumes), { driver, order, estimate })
}
