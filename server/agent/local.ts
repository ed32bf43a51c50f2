/**
 * The door for one PC without a server: the very engine that carries out an agent's orders, with quarantine
 * and journal in a state folder of its own. The person at the PC does the asking, so the guard lets through
 * what that person may do; a `policy.json` in the folder narrows it, and the never-list always holds.
 */
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import type { NativeAddon, NativeHints } from '../../native/addon.ts'
import type { TargetId, VolumeId } from '../protocol/ids.ts'
import type {
  MarkTarget,
  OrderAction,
  OrderTarget,
  Receipt,
  RestoreTarget,
} from '../protocol/order.ts'
import type { QuarantinedStream, QuarantinePage } from '../protocol/quarantine.ts'
import type { Clock } from '../shared/clock.ts'
import type { Logger } from '../shared/logger.ts'
import { makeStateDir } from './config.ts'
import { OWN_HANDS, readPolicy } from './policy.ts'
import { Scope, type ScopePlace } from './scan/scope.ts'
import { openState } from './state/open-state.ts'
import { createOrderEngine } from './strip/order-engine.ts'
import { quarantinePage } from './strip/quarantine-page.ts'

export interface LocalOptions {
  readonly stateDir: string
  /** Absolute folders or volumes that the targets are in. */
  readonly roots: readonly string[]
  readonly hints: NativeHints
  readonly addon: NativeAddon
  readonly clock: Clock
  readonly logger: Logger
}

export type LocalTarget = OrderTarget | RestoreTarget | MarkTarget

export interface LocalEngine {
  /** Why it would be refused, or null. Nothing is looked at but its place. */
  refusal(action: OrderAction, target: LocalTarget): Promise<string | null>
  run(action: OrderAction, targets: readonly LocalTarget[], reason: string): Promise<Receipt[]>
  quarantine(options: { cursor?: string; limit?: number }): QuarantinePage
  close(): Promise<void>
}

const MAX_BYTES = 256 * 1024 * 1024

/** Fails with STATE_IN_USE while an agent or another run holds the folder. */
export async function openLocalEngine(options: LocalOptions): Promise<LocalEngine> {
  const { stateDir, roots, hints, addon, clock, logger } = options
  makeStateDir(stateDir)
  const policy = readPolicy(stateDir, OWN_HANDS)
  const state = openState(stateDir)
  try {
    const scope = new Scope(addon, roots, [], hints)
    const engine = await createOrderEngine({
      stateDir,
      addon,
      scope,
      state,
      policy,
      maxBytes: MAX_BYTES,
      streams: null,
      clock,
      logger,
    })
    let places: ((volumeId: VolumeId, path: string) => ScopePlace | null) | null = null
    return {
      refusal: async (action, target) => {
        places ??= await scope.resolver()
        return engine.guard.refusal(action, target, places(target.volumeId, target.path))
      },
      run: (action, targets, reason) =>
        engine.runner.run(action, { orderId: randomUUID(), orderedBy: 'this PC', reason }, targets),
      quarantine: (page) => quarantinePage(state.quarantine, page),
      close: async () => {
        await engine.close()
        state.close()
      },
    }
  } catch (error) {
    state.close()
    throw error
  }
}

/** One after another, as central's: the journal's index then grows at its end. */
export function newTargetId(): TargetId {
  return randomUUIDv7() as string as TargetId
}

/** Puts back what this record is about. */
export function restoreTargetOf(kept: QuarantinedStream): RestoreTarget {
  const { volumeId, identity, path, stream, sizeBytes, sha256, targetId } = kept
  const place = { volumeId, identity, path, stream, sizeBytes, sha256 }
  return { ...place, targetId: newTargetId(), strippedTargetId: targetId }
}
