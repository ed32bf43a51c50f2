/**
 * Which machines an account is for: the one place that makes a set of machines of labels. It is as of now whenever it is
 * looked at, also in the middle of an export or on a socket that stays open.
 */
import { LRUCache } from 'lru-cache'
import type { EffectiveScope } from '../../protocol/api/scope.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { AppError } from '../../shared/app-error.ts'
import type { ScopeStore } from '../store/scope-store.ts'

export interface MachineScope {
  /** In any order. */
  readonly labels: readonly string[]
  readonly machineIds: ReadonlySet<MachineId>
  /** The same machines, as the stores number them. */
  readonly machineNos: readonly number[]
}

/** Null: all machines. */
export type Scope = MachineScope | null

/** For what central does by itself. */
export const ALL_MACHINES: Scope = null

export interface ScopeService {
  of(labels: EffectiveScope): Scope
}

type Resolved = Pick<MachineScope, 'machineIds' | 'machineNos'> & { version: number }

const REMEMBERED = 200

export function createScopeService(store: ScopeStore): ScopeService {
  const resolved = new LRUCache<string, Resolved>({ max: REMEMBERED })

  const resolve = (labels: readonly string[]): Resolved => {
    const key = JSON.stringify(labels)
    // Read each time: the row is in memory, and no label can change without it.
    const version = store.labelVersion()
    const known = resolved.get(key)
    if (known?.version === version) return known
    const machines = store.machinesWith(labels)
    const fresh = {
      version,
      machineIds: new Set(machines.map(({ machineId }) => machineId)),
      machineNos: machines.map(({ machineNo }) => machineNo),
    }
    resolved.set(key, fresh)
    return fresh
  }

  return {
    of: (labels) =>
      labels === null
        ? null
        : {
            labels,
            get machineIds() {
              return resolve(labels).machineIds
            },
            get machineNos() {
              return resolve(labels).machineNos
            },
          },
  }
}

export function isInScope(scope: Scope, machineId: MachineId): boolean {
  return scope === null || scope.machineIds.has(machineId)
}

/** Machines beyond the scope are not there. Throws MACHINE_NOT_FOUND. */
export function requireInScope(scope: Scope, machineId: MachineId): void {
  if (!isInScope(scope, machineId)) throw noMachine(machineId)
}

export function noMachine(machineId: string): AppError {
  return new AppError('MACHINE_NOT_FOUND', 404, `there is no machine ${machineId}`)
}
