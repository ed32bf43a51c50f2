/** What a system's service manager can do for the one agent of a machine. All throw errors for people. */
import type { Places } from './places.ts'

export interface InstalledService {
  readonly state: string
  /** 0 while it does not run. */
  readonly processId: number
  /** Label and value. */
  readonly details: readonly (readonly [string, string])[]
}

export interface ServiceManager {
  /** Or gives the service that is there this definition. */
  install(): void
  /** Restarts, start with the machine: for a service that a package has installed. */
  configure(): void
  /** Does nothing where there is none. */
  uninstall(): void
  /** Both ask and do not wait. */
  start(): void
  stop(): void
  /** Null where it is not installed. */
  inspect(): InstalledService | null
  /** Closes the data folder to all but administrators, and the program to all who would change it. */
  protect(places: Places): void
}

export const DISPLAY_NAME = 'Sidestream Agent'
export const DESCRIPTION =
  'Finds NTFS alternate data streams on this machine, reports them to central and carries out approved orders.'
