/** What an agent needs to know, beside its own disks, so as not to be in anybody's way. */

/** Null: the system does not say. Linux says none of it here, but in /sys and /proc. */
export interface NativeMachineState {
  readonly isOnBattery: boolean | null
  /** The user, or the system, asks everybody to save power. */
  readonly savesBattery: boolean | null
  /** Since the user's last input. */
  readonly idleSeconds: number | null
}

export interface NativeMachine {
  machineState(): NativeMachineState
}
