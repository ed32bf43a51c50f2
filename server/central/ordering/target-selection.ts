/** Which of the chosen streams an order would name, and why not the others. Changes nothing. */
import type { OrderPreview } from '../../protocol/api/orders.ts'
import type { MachineId } from '../../protocol/ids.ts'
import type { VerdictName } from '../../protocol/stream.ts'
import type { StoredStream } from '../store/inventory/inventory-engine.ts'
import { exclusionReason } from './exclusion.ts'

/** A stream that an order may name: its content is known, so the agent can check it again. */
export type IncludedStream = StoredStream & { sha256: string }

export interface TargetSelection {
  included: IncludedStream[]
  excluded: Map<string, number>
}

/** `found`: those of the asked streams that there are. `inOpenOrder`: those that an open order names. */
export function selectTargets(
  asked: readonly number[],
  found: readonly StoredStream[],
  inOpenOrder: ReadonlySet<number>,
): TargetSelection {
  const included: IncludedStream[] = []
  const excluded = new Map<string, number>()
  const exclude = (reason: string, count: number): void => {
    if (count > 0) excluded.set(reason, (excluded.get(reason) ?? 0) + count)
  }
  exclude('unknown: central has no such stream', asked.length - found.length)
  for (const stream of found) {
    // Two open orders for one stream would race each other on the machine.
    const reason = inOpenOrder.has(stream.streamId)
      ? 'ordered: an order that is still open names it already'
      : exclusionReason(stream)
    if (reason === null) included.push(stream as IncludedStream)
    else exclude(reason, 1)
  }
  return { included, excluded }
}

export function previewOf(
  { included, excluded }: TargetSelection,
  isOnline: (machineId: MachineId) => boolean,
): OrderPreview {
  const machines = [...new Set(included.map((stream) => stream.machineId))]
  const verdicts = new Map<VerdictName, number>()
  for (const { verdict } of included) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
  return {
    targetCount: included.length,
    machineCount: machines.length,
    offlineMachineCount: machines.filter((machineId) => !isOnline(machineId)).length,
    excluded: [...excluded].map(([reason, count]) => ({ reason, count })),
    byVerdict: [...verdicts].map(([value, count]) => ({ value, count })),
  }
}
