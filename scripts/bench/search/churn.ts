/** Machines of a fleet that go on reporting, through the engine as central does it, until they are stopped. */
import type { InventoryEngine } from '../../../server/central/store/inventory/inventory-engine.ts'
import type { MachineId } from '../../../server/protocol/ids.ts'
import { fleetOf, machinesOf, type StoreSize } from './build-store.ts'

export interface Churned {
  readonly streams: number
  readonly perSecond: number
}

/**
 * After each delta, which has a day's news of one machine: some 50 streams. 10,000 machines with 1 % of 5,000
 * streams a day are 6 a second.
 */
const PAUSE_MS = 50

const DAYS_FROM = Date.UTC(2026, 0, 1)

export function startChurn(engine: InventoryEngine, size: StoreSize): { stop(): Promise<Churned> } {
  const fleet = fleetOf(size)
  const machines = machinesOf(size)
  const started = performance.now()
  // Other days for each run: what a store that is used again has already would change nothing.
  const firstDay = Math.floor((Date.now() - DAYS_FROM) / 1_000)
  let isStopped = false
  let streams = 0
  const run = async (): Promise<void> => {
    for (let turn = 0; !isStopped; turn++) {
      const index = (turn * 7) % machines
      const machineId = fleet.machineId(index) as MachineId
      const { upserts, gone } = fleet.churn(index, firstDay + turn)
      // A sequence of its own: no connection was begun.
      const delta = { sequence: 1, resync: null, upserts, gone }
      streams += (await engine.apply(machineId, delta, Date.now())).changed
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
  const done = run()
  return {
    stop: async () => {
      isStopped = true
      await done
      return { streams, perSecond: streams / ((performance.now() - started) / 1000) }
    },
  }
}
