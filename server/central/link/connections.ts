/** The agents that are connected now, one connection for each machine, and requests to them. */
import type { MachineId } from '../../protocol/ids.ts'
import { type AgentLink, machineOffline } from '../machines/agent-link.ts'
import type { AgentConnection } from './agent-connection.ts'

export interface Connections extends AgentLink {
  /** Puts a connection in place; one of the same machine before it is closed as replaced. */
  add(machineId: MachineId, connection: AgentConnection): void
  /** Closes the connection of a machine, if it has one. */
  close(machineId: MachineId, why: Parameters<AgentConnection['close']>[0]): void
  /** Returns false where the connection had been replaced: then the machine is still online. */
  remove(machineId: MachineId, connection: AgentConnection): boolean
}

export function createConnections(): Connections {
  const connections = new Map<MachineId, AgentConnection>()
  return {
    isOnline: (machineId) => connections.has(machineId),
    countOnline: () => connections.size,
    request: async (machineId, request) => {
      const connection = connections.get(machineId)
      if (connection === undefined) throw machineOffline(machineId)
      return connection.request(request)
    },
    add: (machineId, connection) => {
      const older = connections.get(machineId)
      connections.set(machineId, connection)
      older?.close('replaced')
    },
    close: (machineId, why) => connections.get(machineId)?.close(why),
    remove: (machineId, connection) => {
      if (connections.get(machineId) !== connection) return false
      return connections.delete(machineId)
    },
  }
}
