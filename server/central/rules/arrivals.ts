/**
 * Gathers machines whose inventory changed, so that rules run over many changes at once and not after each. What was gathered
 * is in memory only, so each start begins as if everything had changed: nothing that came before is left out.
 */
import pLimit from 'p-limit'
import type { MachineId } from '../../protocol/ids.ts'

/** With more than so many, a run over everything is the cheaper one. */
const MAX_MACHINES = 50
/** Rules that run at once, so that a slow one does not keep the others waiting. */
const MAX_RUNNING = 4
/** What a rule failed over is tried again after so many times the usual wait. */
const RETRY_AFTER = 10

export interface Arrivals {
  add(machineId: MachineId): void
  stop(): void
}

type Changed = ReadonlySet<MachineId> | 'everything'

const NOTHING: Changed = new Set<MachineId>()

export function createArrivals({
  everyMs,
  ruleIds,
  run,
}: {
  everyMs: number
  /** Those that run over what arrives. */
  ruleIds(): number[]
  /** `null`: over everything. Resolves at its end, with whether it came to it; never rejects. */
  run(ruleId: number, machineIds: MachineId[] | null): Promise<boolean>
}): Arrivals {
  const limit = pLimit(MAX_RUNNING)
  let changed: Changed = 'everything'
  /** What each rule failed over. */
  let owed = new Map<number, Changed>()
  let isFlushing = false
  let isStopped = false
  let timer: NodeJS.Timeout | undefined

  const arm = (ms: number): void => {
    if (isStopped || isFlushing) return
    clearTimeout(timer)
    timer = setTimeout(() => void flush(), ms).unref()
  }
  const flush = async (): Promise<void> => {
    isFlushing = true
    const [found, owedBefore] = [changed, owed]
    changed = NOTHING
    owed = new Map()
    const runOne = async (ruleId: number): Promise<void> => {
      const due = together(found, owedBefore.get(ruleId) ?? NOTHING)
      if (due === NOTHING || isStopped) return
      const isDone = await run(ruleId, due === 'everything' ? null : [...due])
      if (!isDone) owed.set(ruleId, due)
    }
    await Promise.all(ruleIds().map((ruleId) => limit(runOne, ruleId)))
    isFlushing = false
    if (changed !== NOTHING) arm(everyMs)
    else if (owed.size > 0) arm(everyMs * RETRY_AFTER)
  }

  arm(everyMs)
  return {
    // What agents sent is still stored while central stops.
    add: (machineId) => {
      if (changed === NOTHING) arm(everyMs)
      changed = together(changed, new Set([machineId]))
    },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

function together(one: Changed, other: Changed): Changed {
  if (one === NOTHING) return other
  if (other === NOTHING) return one
  if (one === 'everything' || other === 'everything') return 'everything'
  const both = one.union(other)
  return both.size > MAX_MACHINES ? 'everything' : both
}
