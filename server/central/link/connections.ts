/** The agents that are connected now, one connection for each machine, and requests to them. */
import type { CloseName } from '../../protocol/close-codes.ts'
import type { MachineId } from '../../protocol/ids.ts'
import { type AgentLink, type AgentRequest, machineOffline } from '../machines/agent-link.ts'

export interface Connection {
  readonly isReady: boolean
  readonly protocol: number
  request(request: AgentRequest): Promise<{ status: number; body: unknown }>
  close(why: CloseName): void
}

export interface Connections extends AgentLink {
  /** The machine's place is this connection's from now on; one that had it is closed as replaced. */
  claim(machineId: MachineId, connection: Connection): void
  /** Of all that can be asked. */
  list(): MachineId[]
  /** Closes the connection of a machine, if it has one. */
  close(machineId: MachineId, why: CloseName): void
  /** Returns false where another connection has the place by now: then the machine is still there. */
  release(machineId: MachineId, connection: Connection): boolean
}

export function createConnections(): Connections {
  const connections = new Map<MachineId, Connection>()
  return {
    isOnline: (machineId) => connections.get(machineId)?.isReady === true,
    protocolOf: (machineId) => connections.get(machineId)?.protocol ?? null,
    countOnline: () => connections.size,
    request: async (machineId, request) => {
      const connection = connections.get(machineId)
      if (connection === undefined) throw machineOffline(machineId)
      return connection.request(request)
    },
    claim: (machineId, connection) => {
      const older = connections.get(machineId)
      connections.set(machineId, connection)
      older?.close('replaced')
    },
    list: () => [...connections].filter(([, { isReady }]) => isReady).map(([id]) => id),
    close: (machineId, why) => connections.get(machineId)?.close(why),
    release: (machineId, connection) => {
      if (connections.get(machineId) !== connection) return false
      return connections.delete(machineId)
    },
  }
}
