/** Forgets streams that have been gone for longer than an administrator wants them remembered. */
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/logger.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { InventoryEngine } from '../store/inventory/inventory-engine.ts'

export interface RetentionParts {
  inventory: InventoryEngine
  audit: AuditLog
  clock: Clock
  logger: Logger
  /** Undefined: nothing is ever forgotten. */
  keepGoneDays: number | undefined
}

const DAY_MS = 86_400_000
const EVERY_MS = 3_600_000

/** Once at the start, then every hour. `stop` waits for a pass that is under way. */
export function startRetention(parts: RetentionParts): { stop(): Promise<void> } {
  const { keepGoneDays } = parts
  if (keepGoneDays === undefined) return { stop: async () => undefined }
  let pass = prune(parts, keepGoneDays)
  const timer = setInterval(() => {
    pass = pass.then(() => prune(parts, keepGoneDays))
  }, EVERY_MS)
  timer.unref()
  return {
    stop: () => {
      clearInterval(timer)
      return pass
    },
  }
}

async function prune(
  { inventory, audit, clock, logger }: RetentionParts,
  keepGoneDays: number,
): Promise<void> {
  try {
    const goneBefore = clock.now() - keepGoneDays * DAY_MS
    const streams = await inventory.prune(goneBefore)
    if (streams === 0) return
    audit.record(CENTRAL_ACTOR, 'inventory.pruned', 'inventory', { streams, keepGoneDays })
  } catch (error) {
    logger.error({ err: error }, 'streams that are long gone could not be forgotten')
  }
}
