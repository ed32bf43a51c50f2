/** Whether central can store what comes, as it says to people, to the log, and to whoever checks its health. */
import type { CentralStatus } from '../protocol/api/status.ts'
import { AppError } from '../shared/app-error.ts'
import { toTimestamp } from '../shared/clock.ts'
import type { Logger } from '../shared/logger.ts'
import { describeState, type InventoryEngine } from './store/inventory/inventory-engine.ts'
import type { Stores } from './store/stores.ts'

export function logStates(inventory: InventoryEngine, logger: Logger): void {
  inventory.onState((state) => {
    logger[state.kind === 'ready' ? 'info' : 'error'](
      { state },
      'the inventory has changed its state',
    )
  })
}

export function statusOf(inventory: InventoryEngine): CentralStatus {
  const state = inventory.state()
  if (state.kind === 'ready') return { inventory: 'ready', message: null, since: null }
  return { inventory: state.kind, message: describeState(state), since: toTimestamp(state.since) }
}

/** Throws NOT_READY while nothing can be stored, and whatever keeps the stores from being read. */
export async function checkStores(stores: Pick<Stores, 'inventory' | 'check'>): Promise<void> {
  const state = stores.inventory.state()
  if (state.kind !== 'ready') {
    throw new AppError('NOT_READY', 503, `nothing can be stored: ${describeState(state)}`)
  }
  await stores.check()
}
