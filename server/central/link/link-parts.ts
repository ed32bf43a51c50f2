/** What the agents' connections share, made once for a central. */
import type { MachineId } from '../../protocol/ids.ts'
import type { MachineFacts } from '../../protocol/link-frames.ts'
import type { Logger } from '../../shared/logger.ts'
import type { InventoryService } from '../machines/inventory-service.ts'
import type { MachineService } from '../machines/machine-service.ts'
import { Admission, type AdmissionLimits } from './admission.ts'
import type { Connections } from './connections.ts'
import type { MeterLimits } from './frame-meter.ts'
import type { HelloCheck } from './hello-check.ts'
import { IntakeGate } from './intake-gate.ts'
import { KeepAliveWheel } from './keep-alive-wheel.ts'
import { Pacer } from './pacer.ts'

export interface LinkLimits {
  readonly hellos: AdmissionLimits
  /** First scans, and those that a fleet switched on in the morning is due. */
  readonly scans: AdmissionLimits
  /** Of one agent. */
  readonly meter: MeterLimits
}

export const LINK_LIMITS: LinkLimits = {
  hellos: { perSecond: 400, burst: 400 },
  scans: { perSecond: 10, burst: 50 },
  meter: { framesPerSecond: 100, bytesPerSecond: 4 * 1024 * 1024 },
}

export interface LinkNeeds {
  readonly connections: Connections
  readonly machines: MachineService
  readonly inventory: InventoryService
  readonly checkHello: HelloCheck
  /** Called when the machine can be asked. */
  onConnected(machineId: MachineId, facts: MachineFacts): void
  readonly scanEverySeconds: number
  readonly helloTimeoutMs: number
  /** How often an agent gives a sign of life. */
  readonly pingEveryMs: number
  readonly limits: LinkLimits
  readonly logger: Logger
}

export interface LinkParts extends LinkNeeds {
  readonly admission: Admission
  readonly scanSlots: Pacer
  readonly gate: IntakeGate
  readonly wheel: KeepAliveWheel
  /** What waits, and who was told to come back later. */
  load(): { deltas: number; bytes: number; parked: number; refusals: number }
  /** Ends the timers. */
  stop(): void
}

export function createLinkParts(needs: LinkNeeds): LinkParts {
  const gate = new IntakeGate(() => needs.inventory.isWritable())
  const wheel = new KeepAliveWheel(needs.pingEveryMs)
  const admission = new Admission(needs.limits.hellos)
  return {
    ...needs,
    admission,
    scanSlots: new Pacer(needs.limits.scans),
    gate,
    wheel,
    load: () => ({
      deltas: gate.deltas,
      bytes: gate.bytes,
      parked: gate.parked,
      refusals: admission.refusals,
    }),
    stop: () => {
      gate.stop()
      wheel.stop()
    },
  }
}
