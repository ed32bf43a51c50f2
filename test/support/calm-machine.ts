import type { MachineNow } from '../../server/agent/quiet/quiet-rules.ts'

/** Tests run on machines that are busy with tests. */
export const CALM: MachineNow = {
  isOnBattery: false,
  savesBattery: false,
  batteryPercent: null,
  idleSeconds: null,
  othersLoad: 0,
}
