/** What the fleet's machines say together; above all what nobody has looked at. */
import type { Machine } from '../../server/protocol/api/machines.ts'

export type MachineFilter =
  | 'all'
  | 'online'
  | 'offline'
  | 'stale'
  | 'unreadable'
  | 'incomplete'
  | 'unscanned'

export const MACHINE_FILTERS: Record<MachineFilter, string> = {
  all: 'All',
  online: 'Online',
  offline: 'Offline',
  stale: 'Not seen for long',
  unreadable: 'With unreadable places',
  incomplete: 'Last scan not complete',
  unscanned: 'Never scanned',
}

const TESTS: Record<MachineFilter, (machine: Machine) => boolean> = {
  all: () => true,
  online: (machine) => machine.isOnline,
  offline: (machine) => !machine.isOnline,
  stale: (machine) => machine.isStale,
  unreadable: (machine) => (machine.unreadableCount ?? 0) > 0,
  // Complete but for unreadable places is told by those.
  incomplete: (machine) =>
    machine.lastScanState === 'failed' || machine.lastScanState === 'cancelled',
  unscanned: (machine) => machine.lastScanState === null,
}

export function filterOf(text: string | undefined): MachineFilter {
  return text !== undefined && Object.hasOwn(TESTS, text) ? (text as MachineFilter) : 'all'
}

export function filtered(machines: readonly Machine[], filter: MachineFilter): Machine[] {
  return machines.filter(TESTS[filter])
}

export function countOf(machines: readonly Machine[], filter: MachineFilter): number {
  return filtered(machines, filter).length
}

export function unreadablePlaces(machines: readonly Machine[]): number {
  return machines.reduce((sum, machine) => sum + (machine.unreadableCount ?? 0), 0)
}
