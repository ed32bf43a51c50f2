/** What one machine has and another has not: streams by path and name. */
import { LRUCache } from 'lru-cache'
import type { ComparedStream, ComparePage, Difference } from '../../protocol/api/files.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import { noMachine, requireInScope, type Scope } from '../accounts/scope-service.ts'
import type { StoredStream } from '../store/inventory/inventory-engine.ts'
import type { MachineStore } from '../store/machine-store.ts'
import type { StreamReading } from './known-streams-of.ts'

const READ_ROWS = 500
/** Of one machine. Two such lists are some 100 MB while they are compared. */
const MAX_STREAMS = 200_000
/** While somebody turns the pages, the machines are not read again. */
const KEPT_MS = 60_000

interface Comparison {
  differences: Difference[]
  counts: ComparePage['counts']
}

export interface CompareService {
  compare(
    a: MachineId,
    b: MachineId,
    page: { cursor?: string | undefined; limit: number },
    scope: Scope,
  ): Promise<ComparePage>
}

export function createCompareService(parts: {
  machines: MachineStore
  streams: StreamReading
}): CompareService {
  const { machines, streams } = parts
  const kept = new LRUCache<string, Comparison>({ max: 4, ttl: KEPT_MS })

  const streamsOf = async (machineId: MachineId): Promise<Map<string, StoredStream>> => {
    const found = new Map<string, StoredStream>()
    const query = { kind: 'text', field: 'machine', pattern: machineId } as const
    let cursor: string | undefined
    do {
      const page = await streams.page({ query, presence: 'live' }, { cursor, limit: READ_ROWS })
      for (const stream of page.streams) found.set(keyOf(stream), stream)
      if (found.size > MAX_STREAMS) {
        const message = `machine ${machineId} has more than ${MAX_STREAMS} streams: export both instead`
        throw new AppError('COMPARE_TOO_LARGE', 409, message)
      }
      cursor = page.cursor ?? undefined
      await new Promise((resolve) => setImmediate(resolve))
    } while (cursor !== undefined)
    return found
  }

  return {
    compare: async (a, b, { cursor, limit }, scope) => {
      for (const machineId of [a, b]) requireInScope(scope, machineId)
      const caveats = [a, b].flatMap((machineId) => caveatOf(machines, machineId))
      const key = `${a} ${b}`
      // The first page is always of now; later ones belong to it.
      const known = cursor === undefined ? undefined : kept.get(key)
      const comparison = known ?? difference(await streamsOf(a), await streamsOf(b))
      kept.set(key, comparison)
      const { differences, counts } = comparison
      const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString('utf16le')
      const start = cursor === undefined ? 0 : differences.findIndex((one) => keyOf(one) > after)
      const rows = start < 0 ? [] : differences.slice(start, start + limit)
      const last = rows.at(-1)
      const isMore = last !== undefined && start + limit < differences.length
      return {
        differences: rows,
        cursor: isMore ? Buffer.from(keyOf(last), 'utf16le').toString('base64url') : null,
        counts,
        caveats,
      }
    },
  }
}

function keyOf({ path, stream }: { path: string; stream: string }): string {
  return `${path}\0${stream}`.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function difference(
  a: ReadonlyMap<string, StoredStream>,
  b: ReadonlyMap<string, StoredStream>,
): Comparison {
  const differences: Difference[] = []
  const counts = { same: 0, onlyA: 0, onlyB: 0, differs: 0, contentUnknown: 0 }
  for (const [key, one] of a) {
    const other = b.get(key)
    const head = { path: one.path, stream: one.stream, a: toCompared(one) }
    if (other === undefined) {
      counts.onlyA++
      differences.push({ ...head, state: 'only-a', b: null })
    } else if (one.sha256 === null || other.sha256 === null) {
      counts.contentUnknown++
      differences.push({ ...head, state: 'content-unknown', b: toCompared(other) })
    } else if (one.sha256 !== other.sha256) {
      counts.differs++
      differences.push({ ...head, state: 'differs', b: toCompared(other) })
    } else {
      counts.same++
    }
  }
  for (const [key, other] of b) {
    if (a.has(key)) continue
    counts.onlyB++
    const { path, stream } = other
    differences.push({ path, stream, state: 'only-b', a: null, b: toCompared(other) })
  }
  const byKey = differences.map((one) => [keyOf(one), one] as const)
  byKey.sort(([one], [other]) => (one < other ? -1 : 1))
  return { differences: byKey.map(([, one]) => one), counts }
}

function toCompared({
  streamId,
  sizeBytes,
  sha256,
  origin,
  verdict,
}: StoredStream): ComparedStream {
  return { streamId, sizeBytes, sha256, zone: origin?.id ?? null, verdict }
}

function caveatOf(machines: MachineStore, machineId: MachineId): string[] {
  const machine = machines.find(machineId)
  if (machine === undefined) {
    throw noMachine(machineId)
  }
  const { hostname } = machine.facts
  if (machine.lastScanState === null) return [`${hostname} was never scanned.`]
  if (machine.lastScanState === 'complete') return []
  const unreadable = machine.unreadableCount ?? 0
  return [`The last scan of ${hostname} was ${machine.lastScanState}: ${unreadable} unreadable.`]
}
