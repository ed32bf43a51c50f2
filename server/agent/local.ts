/**
 * The door for one PC without a server: the very engine that carries out an agent's orders, with quarantine
 * and journal in a state folder of its own. The person at the PC does the asking, so the guard lets through
 * what that person may do; a `policy.json` in the folder narrows it, group policy stands instead of that, and
 * the never-list always holds.
 */
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import type { NativeAddon, NativeHints } from '../../native/addon.ts'
import type { NativeService } from '../../native/service.ts'
import type { TargetId, VolumeId } from '../protocol/ids.ts'
import type {
  MarkTarget,
  OrderAction,
  OrderTarget,
  Receipt,
  RestoreTarget,
} from '../protocol/order.ts'
import {
  MAX_QUARANTINE_ENTRIES,
  type QuarantinedStream,
  type QuarantinePage,
} from '../protocol/quarantine.ts'
import type { Clock } from '../shared/clock.ts'
import type { Logger } from '../shared/logger.ts'
import { checkConfig, makeStateDir, readConfig } from './config.ts'
import { type EnforcedSettings, enforcePolicy, readEnforcedSettings } from './enforced-settings.ts'
import { OWN_HANDS, readPolicy } from './policy.ts'
import { isAtOrBelow, Scope, type ScopePlace } from './scan/scope.ts'
import { openState } from './state/open-state.ts'
import type { QuarantineStore } from './state/quarantine-store.ts'
import { createOrderEngine } from './strip/order-engine.ts'
import { quarantinePage } from './strip/quarantine-page.ts'

export interface LocalOptions {
  readonly stateDir: string
  /** Absolute folders or volumes that the targets are in. With an agent's state folder its scope comes on top. */
  readonly roots: readonly string[]
  readonly hints: NativeHints
  readonly addon: NativeAddon & Pick<NativeService, 'readRegistryValues'>
  readonly clock: Clock
  readonly logger: Logger
}

export type LocalTarget = OrderTarget | RestoreTarget | MarkTarget

/** With its carrier's whole path: an agent that was told a volume keeps paths relative to that. */
export interface KeptHere {
  readonly entry: QuarantinedStream
  readonly wholePath: string
}

export interface LocalEngine {
  /** Why it would be refused, or null. Nothing is looked at but its place. */
  refusal(action: OrderAction, target: LocalTarget): Promise<string | null>
  run(action: OrderAction, targets: readonly LocalTarget[], reason: string): Promise<Receipt[]>
  quarantine(options: { cursor?: string; limit?: number }): QuarantinePage
  /** All of the quarantine's records, newest first. */
  kept(): AsyncIterable<KeptHere>
  close(): Promise<void>
}

const MAX_BYTES = 256 * 1024 * 1024

/** Fails with STATE_IN_USE while an agent or another run holds the folder. */
export async function openLocalEngine(options: LocalOptions): Promise<LocalEngine> {
  const { stateDir, addon, clock, logger } = options
  makeStateDir(stateDir)
  const enforced = readEnforcedSettings(addon)
  const policy = enforcePolicy(readPolicy(stateDir, OWN_HANDS), enforced)
  const scope = scopeOf(options, enforced)
  const state = openState(stateDir)
  try {
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
      run: async (action, targets, reason) => {
        await engine.begin()
        const order = { orderId: randomUUID(), orderedBy: 'this PC', reason }
        return engine.runner.run(action, order, targets)
      },
      quarantine: (page) => quarantinePage(state.quarantine, page),
      kept: () => allKept(state.quarantine, scope),
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

/** The named places first: what lies below them is reached as it was named. */
function scopeOf(
  { stateDir, roots, hints, addon }: LocalOptions,
  enforced: EnforcedSettings,
): Scope {
  const own = readConfig(stateDir)
  if (own === null) return new Scope(addon, roots, [], hints)
  const { scope, exclude, smbConf } = checkConfig('The scope', {
    ...own,
    scope: [...(enforced.scope ?? own.scope)],
    exclude: [...(enforced.exclude ?? own.exclude)],
  })
  const agentHints = smbConf === undefined ? {} : { smbConf }
  return new Scope(addon, [...roots, ...scope], exclude, { ...agentHints, ...hints })
}

async function* allKept(store: QuarantineStore, scope: Scope): AsyncIterable<KeptHere> {
  const wholePathOf = await scope.wholePaths()
  let cursor: string | null = null
  do {
    const page: QuarantinePage = quarantinePage(store, {
      limit: MAX_QUARANTINE_ENTRIES,
      ...(cursor === null ? {} : { cursor }),
    })
    for (const entry of page.entries) {
      yield { entry, wholePath: wholePathOf(entry.volumeId, entry.path) }
    }
    cursor = page.cursor
  } while (cursor !== null)
}

/** One after another, as central's: the journal's index then grows at its end. */
export function newTargetId(): TargetId {
  return randomUUIDv7() as string as TargetId
}

/** Whether it was taken from the file or folder of this path, as the system compares paths. */
export function isKeptOf(path: string, { wholePath }: KeptHere): boolean {
  return isAtOrBelow(path, wholePath) && isAtOrBelow(wholePath, path)
}

/** Puts back what this record is about. */
export function restoreTargetOf(kept: QuarantinedStream): RestoreTarget {
  const { volumeId, identity, path, stream, sizeBytes, sha256, targetId } = kept
  const place = { volumeId, identity, path, stream, sizeBytes, sha256 }
  return { ...place, targetId: newTargetId(), strippedTargetId: targetId }
}
