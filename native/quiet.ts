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
  /**
   * For the whole process, from now on: threads of the addon take memory from what is free anywhere, instead
   * of each keeping its own. They may wait for each other for it.
   */
  shareFreeMemory(): void
  /** Gives back to the system what this process does not use. Takes some ms. */
  returnFreeMemory(): void
}
