/** When a scan that nobody waits for gives way. Pure: what is known of the machine in, a reason to wait out. */

/** Null: not known here. */
export interface MachineNow {
  readonly isOnBattery: boolean | null
  readonly savesBattery: boolean | null
  readonly batteryPercent: number | null
  /** Since somebody's last input. */
  readonly idleSeconds: number | null
  /** How much of all processors others have used lately, 0 to 1. */
  readonly othersLoad: number | null
}

const LOW_BATTERY_PERCENT = 30
/** Whoever touched nothing for so long will not notice. */
const ACTIVE_SECONDS = 120
const BUSY_BESIDE_A_PERSON = 0.5
/** Where nobody knows of people, as on a server: hardly anything is left. */
const BUSY = 0.9

/** Null: it may go on. */
export function whyWait(now: MachineNow): string | null {
  if (now.savesBattery === true) return 'battery saver is on'
  const percent = now.batteryPercent ?? 100
  if (now.isOnBattery === true && percent < LOW_BATTERY_PERCENT) return 'the battery is low'
  const load = now.othersLoad ?? 0
  const isSomebodyThere = now.idleSeconds !== null && now.idleSeconds < ACTIVE_SECONDS
  if (isSomebodyThere && load > BUSY_BESIDE_A_PERSON) return 'somebody works here, and it is busy'
  if (now.idleSeconds === null && load > BUSY) return 'the machine is busy'
  return null
}
