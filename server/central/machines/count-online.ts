import type { Scope } from '../accounts/scope-service.ts'
import type { AgentLink } from './agent-link.ts'

export function countOnline(link: AgentLink, scope: Scope): number {
  if (scope === null) return link.countOnline()
  let count = 0
  for (const machineId of scope.machineIds) count += Number(link.isOnline(machineId))
  return count
}
