/** Which of the streams that match a rule it acts on now, within its caps, and why not the others. Changes nothing. */
import type { RuleAction, RuleSettings } from '../../protocol/api/rules.ts'
import { MAX_RULE_TARGETS } from '../../protocol/api/rules.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { exclusionReason } from '../../streams/exclusion.ts'
import type { Query } from '../../streams/query/ast.ts'
import type { InventoryReading, StoredStream } from '../store/inventory/inventory-engine.ts'
import type { RuleStore } from '../store/rule-store.ts'

export const DAY_MS = 86_400_000
const PAGE_ROWS = 500
const DEADLINE_MS = 60_000

export interface RuleSelection {
  /** Streams that match; at least so many. */
  matched: number
  chosen: StoredStream[]
  heldBack: Map<string, number>
  /** What time did not suffice for; null: all was looked at, or today's cap is used up. */
  rest: RuleRest | null
}

/** Where a run goes on behind one that looked as long as a run may. */
export interface RuleRest {
  query: Query
  cursor: string
  /** At least so many are left. */
  left: number
}

export interface Look {
  query: Query
  now: number
  rest?: RuleRest | undefined
  /** Asked after each page: whether anybody still wants to know. */
  goesOn(): boolean
}

export interface RuleSelectionParts {
  inventory: InventoryReading
  rules: RuleStore
  /** A run looks no longer: the one after it goes on behind. */
  lookMs: number
}

/** Undefined: nobody wants to know any more. */
export async function selectForRule(
  { inventory, rules, lookMs }: RuleSelectionParts,
  rule: { ruleId: number; settings: RuleSettings },
  { query, now, rest, goesOn }: Look,
): Promise<RuleSelection | undefined> {
  const { ruleId, settings } = rule
  const { action, caps } = settings
  const since = now - DAY_MS
  const perMachine = rules.actCounts(ruleId, since)
  const usedToday = [...perMachine.values()].reduce((sum, count) => sum + count, 0)
  const leftToday = Math.min(MAX_RULE_TARGETS, Math.max(0, caps.perDay - usedToday))
  const chosen: StoredStream[] = []
  const heldBack = new Map<string, number>()
  const hold = (reason: string): void => void heldBack.set(reason, (heldBack.get(reason) ?? 0) + 1)

  const filter = { query, presence: 'live' } as const
  const options = { deadlineMs: DEADLINE_MS }
  const total = rest?.left ?? (await inventory.count(filter, options)).total
  const until = performance.now() + lookMs
  let looked = 0
  let cursor: string | null = rest?.cursor ?? null
  do {
    const page = { limit: PAGE_ROWS, ...(cursor === null ? {} : { cursor }) }
    const found = await inventory.page(filter, page, options)
    if (!goesOn()) return undefined
    const ids = found.streams.map(({ streamId }) => streamId)
    // Told once is told; a mark that comes back may be taken off again another day.
    const acted = rules.actedOn(ruleId, ids, action === 'alert' ? 0 : since)
    for (const stream of found.streams) {
      looked += 1
      const reason = reasonAgainst(action, stream)
      const used = perMachine.get(stream.machineId) ?? 0
      if (acted.has(stream.streamId)) hold(ACTED[action])
      else if (reason !== null) hold(reason)
      else if (used >= caps.perMachinePerDay) {
        hold(`cap: ${caps.perMachinePerDay} a day on one machine`)
      } else if (chosen.length >= leftToday) hold(`cap: ${caps.perDay} a day`)
      else {
        chosen.push(stream)
        perMachine.set(stream.machineId, used + 1)
      }
    }
    cursor = found.cursor
  } while (cursor !== null && performance.now() < until)
  const left = Math.max(0, total - looked)
  if (cursor !== null && left > 0) heldBack.set(`a run looks for ${lookMs / 1_000} s`, left)
  const isCapped = chosen.length >= leftToday
  return {
    matched: Math.max(total, looked),
    chosen,
    heldBack,
    rest: cursor === null || isCapped ? null : { query, cursor, left },
  }
}

const ACTED: Record<RuleAction, string> = {
  strip: 'acted on within a day',
  reduce: 'acted on within a day',
  alert: 'told before',
}

function reasonAgainst(action: RuleAction, stream: StoredStream): string | null {
  return action === 'alert' ? null : exclusionReason(stream, action)
}

/** Machines among the chosen. */
export function machinesOf(streams: readonly StoredStream[]): Set<MachineId> {
  return new Set(streams.map(({ machineId }) => machineId))
}
