/** Which machines a selector or a rule means. Pure. */
import type { FactsCondition, MachineSelector } from '../../protocol/api/machine-selector.ts'
import type { MachineId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import { textMatcher } from '../../streams/query/glob-match.ts'

export interface SelectableMachine {
  machineId: MachineId
  facts: MachineFacts
  labels: readonly string[]
}

export function factsMatcher(condition: FactsCondition): (facts: MachineFacts) => boolean {
  const parts = Object.entries(condition).map(
    ([fact, glob]) => [fact as keyof FactsCondition, textMatcher(glob, false)] as const,
  )
  return (facts) => parts.every(([fact, matches]) => matches(facts[fact]))
}

/** Everything that the selector names must hold; one that names nothing selects nothing. */
export function machineMatcher(selector: MachineSelector): (machine: SelectableMachine) => boolean {
  if (Object.keys(selector).length === 0) return () => false
  const ids = selector.machineIds && new Set<string>(selector.machineIds)
  const labels = selector.labels?.map((label) => label.toLowerCase())
  const matchesFacts = selector.facts === undefined ? () => true : factsMatcher(selector.facts)
  return (machine) =>
    (ids === undefined || ids.has(machine.machineId)) &&
    (labels === undefined ||
      machine.labels.some((label) => labels.includes(label.toLowerCase()))) &&
    matchesFacts(machine.facts)
}
