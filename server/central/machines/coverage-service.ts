/** What was not looked at, and why: so that no gap passes for clean. */
import type { CoverageGap, CoverageKind, CoveragePage } from '../../protocol/api/machine-care.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { Scope } from '../accounts/scope-service.ts'
import type { MachineCareStore, StoredCoverage } from '../store/machine-care-store.ts'
import type { AgentLink } from './agent-link.ts'
import { countOnline } from './count-online.ts'

const READ_AT_ONCE = 200
/** Machines that one page may look at; then it is given as far as it is. */
const MAX_LOOKED_AT = 2_000
const SAMPLES = 5

export interface CoverageService {
  page(page: { cursor?: string | undefined; limit: number }, scope: Scope): CoveragePage
  export(scope: Scope): AsyncGenerator<CoverageGap[], void, undefined>
}

export function createCoverageService(parts: {
  care: MachineCareStore
  link: AgentLink
  clock: Clock
  staleAfterMs: number
}): CoverageService {
  const { care, link, clock, staleAfterMs } = parts

  const gapOf = (machine: StoredCoverage): CoverageGap | null => {
    const { machineId, facts, lastScan } = machine
    const isOnline = link.isOnline(machineId)
    const volumes = lastScan?.volumes ?? []
    const unwritable = volumes.filter(({ isWritable }) => !isWritable)
    const kinds: CoverageKind[] = []
    if (lastScan === null) kinds.push('never-scanned')
    if (!isOnline && machine.lastSeenAt <= clock.now() - staleAfterMs) kinds.push('stale')
    else if (!isOnline) kinds.push('offline')
    if (lastScan !== null && lastScan.state !== 'complete') kinds.push(lastScan.state)
    if (unwritable.some(({ provider }) => provider === 'mft')) kinds.push('read-raw')
    if (unwritable.some(({ provider }) => provider !== 'mft')) kinds.push('read-only')
    if (kinds.length === 0) return null
    return {
      machineId,
      hostname: facts.hostname,
      kinds,
      lastSeenAt: toTimestamp(isOnline ? clock.now() : machine.lastSeenAt),
      lastScanAt: lastScan?.finishedAt ?? null,
      unreadableCount: lastScan?.unreadableCount ?? 0,
      unreadable: lastScan?.unreadable.slice(0, SAMPLES) ?? [],
      unwritableRoots: unwritable.map(({ root }) => root),
      message: lastScan?.message ?? '',
    }
  }

  const read = (cursor: string | undefined, limit: number, scope: Scope) => {
    const gaps: CoverageGap[] = []
    let at = cursor
    for (let looked = 0; looked < MAX_LOOKED_AT && gaps.length < limit; looked += READ_AT_ONCE) {
      const page = care.coveragePage(
        { cursor: at, limit: Math.min(READ_AT_ONCE, limit) },
        scope?.machineNos ?? null,
      )
      for (const machine of page.machines) {
        const gap = gapOf(machine)
        if (gap !== null) gaps.push(gap)
      }
      if (page.cursor === null) return { gaps, cursor: null }
      at = page.cursor
    }
    return { gaps, cursor: at ?? null }
  }

  return {
    page: ({ cursor, limit }, scope) => ({
      ...read(cursor, limit, scope),
      counts: {
        ...care.coverageCounts(clock.now() - staleAfterMs, scope?.machineNos ?? null),
        online: countOnline(link, scope),
      },
    }),
    async *export(scope) {
      let cursor: string | undefined
      do {
        const page = read(cursor, READ_AT_ONCE, scope)
        yield page.gaps
        cursor = page.cursor ?? undefined
        await new Promise((resolve) => setImmediate(resolve))
      } while (cursor !== undefined)
    },
  }
}
