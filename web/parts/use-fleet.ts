import type { Machine } from '../../server/protocol/api/machines.ts'
import { api } from '../api.ts'
import { type Resource, useLive, useResource } from './hooks.ts'

const PAGE = 200
/** Machines counted in this browser. Beyond it the page says that it shows only a part. */
const MAX_MACHINES = 5_000

export interface Fleet {
  machines: Machine[]
  isAll: boolean
}

/** Every machine, kept fresh. */
export function useFleet(): Resource<Fleet> {
  const fleet = useResource('fleet', loadFleet)
  useLive(
    (event) => event.type === 'machine.changed' || event.type === 'inventory.changed',
    fleet.reload,
    2_000,
  )
  return fleet
}

async function loadFleet(abort: AbortSignal): Promise<Fleet> {
  const machines: Machine[] = []
  let cursor: string | null = null
  do {
    const page = await api.machines({ cursor, limit: PAGE }, abort)
    machines.push(...page.machines)
    cursor = page.cursor
  } while (cursor !== null && machines.length < MAX_MACHINES)
  return { machines, isAll: cursor === null }
}
