/** Machines as the console sees them, and what their agents tell about themselves. */
import { isDeepStrictEqual } from 'node:util'
import { ScanStarted } from '../../protocol/agent-api.ts'
import type { Machine, MachineDetail, MachinePage } from '../../protocol/api/machines.ts'
import type { MachineId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import type { ScanProgress, ScanSummary } from '../../protocol/scan.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { MachineStore, StoredMachine } from '../store/machine-store.ts'
import type { Write } from '../store/stores.ts'
import { type AgentLink, agentRoute } from './agent-link.ts'
import { LastSeenBook } from './last-seen-book.ts'

/** Starting a scan only queues it on the agent. */
const SCAN_TIMEOUT_MS = 15_000

const startScan = agentRoute('POST', '/v1/scan', ScanStarted)

export interface MachineService {
  page(page: { cursor?: string | undefined; limit: number }): MachinePage
  detail(machineId: MachineId): MachineDetail
  startScan(machineId: MachineId, actor: string): Promise<ScanStarted>
  /** The agent said hello. */
  connected(machineId: MachineId, facts: MachineFacts): void
  disconnected(machineId: MachineId): void
  scanProgressed(machineId: MachineId, progress: ScanProgress): void
  scanFinished(machineId: MachineId, summary: ScanSummary): void
  /** Writes down what was noted only. */
  close(): void
}

export interface MachineServiceParts {
  machines: MachineStore
  link: AgentLink
  audit: AuditLog
  events: EventHub
  clock: Clock
  write: Write
}

export function createMachineService(parts: MachineServiceParts): MachineService {
  const { machines, link, audit, events, clock, write } = parts
  /** Only while connected, and worth nothing after a restart: not stored. */
  const scanning = new Map<MachineId, ScanProgress>()

  const lastSeen = new LastSeenBook((seen) => {
    write(() => {
      for (const [machineId, at] of seen) machines.setLastSeen(machineId, at)
    })
  })

  const get = (machineId: MachineId): StoredMachine => {
    const machine = machines.find(machineId)
    if (machine !== undefined) return machine
    throw new AppError('MACHINE_NOT_FOUND', 404, `there is no machine ${machineId}`)
  }
  const changed = (machineId: MachineId): void =>
    events.publish({ type: 'machine.changed', machineId })
  const toMachine = (stored: StoredMachine): Machine => {
    const lastSeenAt = Math.max(stored.lastSeenAt, lastSeen.find(stored.machineId) ?? 0)
    return describeMachine({ ...stored, lastSeenAt }, link, clock)
  }

  return {
    page: (page) => {
      const { machines: stored, cursor } = machines.page(page)
      return { machines: stored.map(toMachine), cursor }
    },
    detail: (machineId) => {
      const stored = get(machineId)
      return {
        machine: toMachine(stored),
        facts: stored.facts,
        lastScan: machines.findLastScan(machineId),
        scanning: scanning.get(machineId) ?? null,
      }
    },
    startScan: async (machineId, actor) => {
      get(machineId)
      const started = await startScan(link, machineId, {}, SCAN_TIMEOUT_MS)
      audit.record(actor, 'scan.requested', machineId, started)
      return started
    },
    connected: (machineId, facts) => {
      // A commit only where something is new: a whole fleet may come back at once.
      const known = machines.find(machineId)
      if (!isDeepStrictEqual(known?.facts, facts)) machines.setFacts(machineId, facts, clock.now())
      lastSeen.note(machineId, clock.now())
      changed(machineId)
    },
    disconnected: (machineId) => {
      lastSeen.note(machineId, clock.now())
      scanning.delete(machineId)
      changed(machineId)
    },
    scanProgressed: (machineId, progress) => {
      scanning.set(machineId, progress)
      events.publish({ type: 'machine.scanning', machineId, progress })
    },
    scanFinished: (machineId, summary) => {
      scanning.delete(machineId)
      if (machines.setLastScan(machineId, summary, clock.now())) changed(machineId)
    },
    close: () => lastSeen.flush(),
  }
}

function describeMachine(stored: StoredMachine, link: AgentLink, clock: Clock): Machine {
  const isOnline = link.isOnline(stored.machineId)
  return {
    machineId: stored.machineId,
    hostname: stored.facts.hostname,
    platform: stored.facts.platform,
    agentVersion: stored.facts.agentVersion,
    isOnline,
    enrolledAt: toTimestamp(stored.enrolledAt),
    lastSeenAt: toTimestamp(isOnline ? clock.now() : stored.lastSeenAt),
    streamCount: stored.streamCount,
    markCount: stored.markCount,
    suspiciousCount: stored.suspiciousCount,
    lastScanState: stored.lastScanState,
    lastScanAt: stored.lastScanAt,
    unreadableCount: stored.unreadableCount,
  }
}
