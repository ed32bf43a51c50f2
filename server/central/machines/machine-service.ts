/** Machines as the console sees them, and what their agents tell about themselves. */
import { isDeepStrictEqual } from 'node:util'
import type { Static } from 'typebox'
import { ScanStarted } from '../../protocol/agent-api.ts'
import type { Machine, MachineDetail, MachinePage } from '../../protocol/api/machines.ts'
import type { MachineId, VolumeId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import { QuarantinePage, type QuarantineQuery } from '../../protocol/quarantine.ts'
import type { ScanProgress, ScanSummary } from '../../protocol/scan.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { noMachine, type Scope } from '../accounts/scope-service.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { EventHub } from '../events/event-hub.ts'
import type {
  InventoryEngine,
  MachineCounts,
  ScannedVolumeState,
} from '../store/inventory/inventory-engine.ts'
import type { MachineStore, StoredMachine } from '../store/machine-store.ts'
import type { Write } from '../store/stores.ts'
import { type AgentLink, agentRoute } from './agent-link.ts'
import { LastSeenBook } from './last-seen-book.ts'

/** Starting a scan only queues it on the agent. */
const SCAN_TIMEOUT_MS = 15_000

/** A page of records from a database on the agent. */
const QUARANTINE_TIMEOUT_MS = 15_000

const readQuarantine = agentRoute('POST', '/v1/quarantine/list', QuarantinePage)
const startScan = agentRoute('POST', '/v1/scan', ScanStarted)

const EXPORT_PAGE = 500

export interface MachineFilter {
  label?: string | undefined
  withRetired?: boolean | undefined
  scope: Scope
}

export interface MachineService {
  page(page: { cursor?: string | undefined; limit: number }, filter: MachineFilter): MachinePage
  export(filter: MachineFilter): AsyncGenerator<Machine[], void, undefined>
  detail(machineId: MachineId): MachineDetail
  startScan(machineId: MachineId, actor: string): Promise<ScanStarted>
  /** Asked of the agent now. */
  quarantine(machineId: MachineId, page: Static<typeof QuarantineQuery>): Promise<QuarantinePage>
  /** The agent said hello. */
  connected(machineId: MachineId, facts: MachineFacts): Promise<void>
  disconnected(machineId: MachineId): void
  scanProgressed(machineId: MachineId, progress: ScanProgress): void
  /** Resolves when it is stored. */
  scanFinished(machineId: MachineId, summary: ScanSummary): Promise<void>
  /** Writes down what was noted only. */
  close(): void
}

export interface MachineServiceParts {
  machines: MachineStore
  inventory: InventoryEngine
  link: AgentLink
  audit: AuditLog
  events: EventHub
  clock: Clock
  write: Write
  staleAfterMs: number
}

export function createMachineService(parts: MachineServiceParts): MachineService {
  const { machines, inventory, link, audit, events, clock, write } = parts
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
    throw noMachine(machineId)
  }
  const changed = (machineId: MachineId): void =>
    events.publish({ type: 'machine.changed', machineId })
  const toMachine = (stored: StoredMachine): Machine => {
    const lastSeenAt = Math.max(stored.lastSeenAt, lastSeen.find(stored.machineId) ?? 0)
    return describeMachine({ ...stored, lastSeenAt }, countsOf(inventory, stored.machineId), parts)
  }

  return {
    page: (page, filter) => {
      const { machines: stored, cursor } = machines.page(page, toStored(filter))
      return { machines: stored.map(toMachine), cursor }
    },
    async *export(filter) {
      let cursor: string | undefined
      do {
        const page = machines.page({ cursor, limit: EXPORT_PAGE }, toStored(filter))
        yield page.machines.map(toMachine)
        cursor = page.cursor ?? undefined
        await new Promise((resolve) => setImmediate(resolve))
      } while (cursor !== undefined)
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
    quarantine: async (machineId, page) => {
      get(machineId)
      return readQuarantine(link, machineId, page, QUARANTINE_TIMEOUT_MS)
    },
    connected: async (machineId, facts) => {
      lastSeen.note(machineId, clock.now())
      changed(machineId)
      const known = machines.find(machineId)
      // A commit only where something is new: a whole fleet may come back at once.
      if (isDeepStrictEqual(known?.facts, facts)) return
      machines.setFacts(machineId, facts, clock.now())
      if (known === undefined || known.facts.hostname === facts.hostname) return
      await inventory.putMachines([machines.findKnown(machineId)!])
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
    scanFinished: async (machineId, summary) => {
      // Told again after each connection; then it is not now that its streams were there.
      if (!machines.isLastScan(machineId, summary.scanId)) {
        await inventory.setVolumes(machineId, volumesOf(summary, clock.now()))
      }
      scanning.delete(machineId)
      if (machines.setLastScan(machineId, summary, clock.now())) changed(machineId)
    },
    close: () => lastSeen.flush(),
  }
}

function toStored({ scope, ...filter }: MachineFilter) {
  return { ...filter, machineNos: scope?.machineNos }
}

function countsOf(inventory: InventoryEngine, machineId: MachineId): MachineCounts {
  return inventory.held(machineId)?.counts ?? { streams: 0, marks: 0, suspicious: 0 }
}

/** A volume may be covered by more than one root; it is writable only where all of them are. */
function volumesOf({ volumes, state }: ScanSummary, now: number): ScannedVolumeState[] {
  const writable = new Map<VolumeId, boolean>()
  for (const { volumeId, isWritable } of volumes) {
    writable.set(volumeId, (writable.get(volumeId) ?? true) && isWritable)
  }
  const confirmedAt = state === 'complete' ? now : null
  return [...writable].map(([volumeId, isWritable]) => ({ volumeId, isWritable, confirmedAt }))
}

function describeMachine(
  stored: StoredMachine,
  counts: MachineCounts,
  { link, clock, staleAfterMs }: Pick<MachineServiceParts, 'link' | 'clock' | 'staleAfterMs'>,
): Machine {
  const isOnline = link.isOnline(stored.machineId)
  return {
    machineId: stored.machineId,
    hostname: stored.facts.hostname,
    platform: stored.facts.platform,
    agentVersion: stored.facts.agentVersion,
    isOnline,
    isStale: !isOnline && stored.lastSeenAt <= clock.now() - staleAfterMs,
    retiredAt: stored.retiredAt === null ? null : toTimestamp(stored.retiredAt),
    labels: stored.labels,
    enrolledAt: toTimestamp(stored.enrolledAt),
    lastSeenAt: toTimestamp(isOnline ? clock.now() : stored.lastSeenAt),
    streamCount: counts.streams,
    markCount: counts.marks,
    suspiciousCount: counts.suspicious,
    lastScanState: stored.lastScanState,
    lastScanAt: stored.lastScanAt,
    unreadableCount: stored.unreadableCount,
  }
}
