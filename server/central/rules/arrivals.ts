/** Gathers machines whose inventory changed, so that rules run over many changes at once and not after each. */
import type { MachineId } from '../../protocol/ids.ts'

/** With more than so many, a run over everything is the cheaper one. */
const MAX_MACHINES = 50

export interface Arrivals {
  add(machineId: MachineId): void
  stop(): void
}

/** `deliver` gets null where too many changed to name them. */
export function createArrivals(
  everyMs: number,
  deliver: (machineIds: MachineId[] | null) => void,
): Arrivals {
  const machines = new Set<MachineId>()
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const flush = (): void => {
    timer = undefined
    const found = [...machines]
    machines.clear()
    deliver(found.length > MAX_MACHINES ? null : found)
  }
  return {
    // What agents sent is still stored while central stops.
    add: (machineId) => {
      if (isStopped) return
      machines.add(machineId)
      timer ??= setTimeout(flush, everyMs).unref()
    },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
