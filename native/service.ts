/**
 * What the addon offers an installed program besides streams: being a Windows service and managing one, the
 * event log, settings that an administrator enforces, folders closed to others. Elsewhere than on Windows
 * every call throws a NativeError `ADS_UNSUPPORTED`, but `readRegistryValues`, which finds nothing there.
 *
 * All calls are short and work at once; they throw NativeError.
 */

/** What the service manager, or the system through it, tells a running service. */
export type ServiceEvent =
  /** The manager waits for a report that the service is running. */
  | 'started'
  /** `stop`, `shutdown`, `pre-shutdown`: report progress, end the work, report `stopped`. */
  | 'stop'
  | 'shutdown'
  | 'pre-shutdown'
  /** The machine is about to sleep. */
  | 'suspend'
  /** It woke up: connections are dead and clocks have jumped. */
  | 'resume'
  /** A volume was attached, or went. */
  | 'volume-arrived'
  | 'volume-removed'
  /** The manager let go of this process, or never started it (system code 1063). Nothing follows. */
  | 'ended'

export type ServiceState = 'stopped' | 'start-pending' | 'stop-pending' | 'running'

export interface ServiceFacts {
  readonly state: ServiceState | 'other'
  /** 0 while it does not run. */
  readonly processId: number
  readonly startsDelayed: boolean
  /** How many restarts after failures are set. */
  readonly recoveryActions: number
  readonly commandLine: string
}

export interface RegistryValue {
  readonly name: string
  readonly value: string | number | readonly string[]
}

export interface NativeService {
  /**
   * Makes this process the service `name`, once in its life, and keeps it up until `ended`. A process that
   * the manager did not start hears `ended` with 1063, on Wine only after ten seconds.
   */
  hostService(name: string, listener: (event: ServiceEvent, systemCode: number) => void): void
  /**
   * `checkpoint` goes up while a pending state makes progress; the next report comes within `waitHintMs`.
   * `stopped` with an exit code other than 0 is a failure, and makes the manager start the service again.
   */
  reportServiceState(
    state: ServiceState,
    checkpoint: number,
    waitHintMs: number,
    exitCode: number,
  ): void
  /** Creates the service, or gives the one of this name this definition; then as `configureService`. */
  installService(name: string, displayName: string, description: string, commandLine: string): void
  /** Delayed start with the system, restarts after failures, a minute's notice before a shutdown. */
  configureService(name: string): void
  /** Does nothing where there is none. A running one goes once it has ended. */
  removeService(name: string): void
  /** Asks and does not wait. */
  startService(name: string): void
  /** Asks and does not wait. */
  stopService(name: string): void
  /** Null where there is none. */
  inspectService(name: string): ServiceFacts | null
  /** One entry of the Application log. `id`: 1 to 1000, stable per kind of event. */
  writeSystemEvent(
    source: string,
    level: 'information' | 'warning' | 'error',
    id: number,
    text: string,
  ): void
  /** Tells the log's viewers how entries of `source` are shown. Idempotent. */
  addEventSource(source: string): void
  removeEventSource(source: string): void
  /** Strings, numbers and lists of one key below HKEY_LOCAL_MACHINE; empty where there is no such key. */
  readRegistryValues(key: string): RegistryValue[]
  /**
   * Makes the folder if need be, and gives it and all below this audience: `administrators` alone, or
   * `readers`, whom only administrators can change anything for. `ADS_ACCESS_DENIED` where it is there and
   * belongs to somebody else.
   */
  protectFolder(path: string, audience: 'administrators' | 'readers'): void
}
