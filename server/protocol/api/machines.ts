/**
 * `/api/v1/machines`
 *
 *   GET  /machines?retired=&label=&cursor=&limit=   MachinePage, by hostname; retired ones only where asked for
 *   GET  /machines/:machineId           MachineDetail
 *   POST /machines/:machineId/scan      {} → ScanStarted; 409 MACHINE_OFFLINE
 */
import { type Static, Type } from 'typebox'
import { MachineId, Timestamp } from '../ids.ts'
import { MachineFacts } from '../link-frames.ts'
import { ScanProgress, ScanSummary } from '../scan.ts'

const strict = { additionalProperties: false } as const

export const Machine = Type.Object(
  {
    machineId: MachineId,
    hostname: Type.String(),
    platform: Type.String(),
    agentVersion: Type.String(),
    isOnline: Type.Boolean(),
    isStale: Type.Boolean({ description: 'Not seen for many days' }),
    retiredAt: Type.Union([Timestamp, Type.Null()]),
    labels: Type.Array(Type.String()),
    enrolledAt: Timestamp,
    lastSeenAt: Timestamp,
    streamCount: Type.Integer({ minimum: 0 }),
    markCount: Type.Integer({ minimum: 0 }),
    suspiciousCount: Type.Integer({ minimum: 0 }),
    lastScanState: Type.Union([Type.String(), Type.Null()]),
    lastScanAt: Type.Union([Timestamp, Type.Null()]),
    unreadableCount: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: 'Of the last scan; null before the first',
    }),
  },
  strict,
)
export type Machine = Static<typeof Machine>

export const MachinePage = Type.Object(
  { machines: Type.Array(Machine), cursor: Type.Union([Type.String(), Type.Null()]) },
  strict,
)
export type MachinePage = Static<typeof MachinePage>

export const MachineDetail = Type.Object(
  {
    machine: Machine,
    facts: MachineFacts,
    lastScan: Type.Union([ScanSummary, Type.Null()]),
    /** What it is scanning right now, while connected. */
    scanning: Type.Union([ScanProgress, Type.Null()]),
  },
  strict,
)
export type MachineDetail = Static<typeof MachineDetail>
