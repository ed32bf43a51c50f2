/**
 * Runs something as a Windows service: answers the service manager, which wants to hear of every step in
 * time, while the work itself starts and ends at its own pace.
 */
import type { NativeService, ServiceEvent, ServiceState } from '../../native/service.ts'
import { AppError } from '../shared/app-error.ts'
import type { Logger } from '../shared/logger.ts'

export interface ServiceWork {
  /** Ends what `open` began. */
  close(): Promise<void>
}

export interface ServiceHostOptions {
  readonly control: ServiceControl
  readonly logger: Logger
  readonly open: () => Promise<ServiceWork>
}

type Listener = (event: ServiceEvent, systemCode: number) => void

/**
 * The service manager's ear, to be had before anything else is loaded: it gives up on a process that does not
 * answer soon after it was started. What it says until somebody listens is kept.
 */
export class ServiceControl {
  readonly service: NativeService
  readonly name: string
  readonly #kept: Parameters<Listener>[] = []
  #listener: Listener | null = null

  constructor(service: NativeService, name: string) {
    this.service = service
    this.name = name
    service.hostService(name, (event, systemCode) => {
      if (this.#listener === null) this.#kept.push([event, systemCode])
      else this.#listener(event, systemCode)
    })
  }

  listen(listener: Listener): void {
    this.#listener = listener
    for (const said of this.#kept.splice(0)) listener(...said)
  }
}

/** Well below the hint, so that a busy moment does not read as a hang. */
const CHECKPOINT_EVERY_MS = 3_000
const WAIT_HINT_MS = 30_000
/** What StartServiceCtrlDispatcherW answers where nobody started this process as a service. */
const NOT_A_SERVICE = 1_063
const FAILED = 1

const ENDS: ReadonlySet<ServiceEvent> = new Set(['stop', 'shutdown', 'pre-shutdown'])

/** Resolves when the manager has let go of the process; rejects where it never was a service. */
export function runAsService(options: ServiceHostOptions): Promise<void> {
  const { control, logger } = options
  const steps = new Steps(options)
  return new Promise((resolve, reject) => {
    control.listen((event, systemCode) => {
      logger.info({ event, systemCode }, 'service')
      if (event === 'started') void steps.start()
      else if (ENDS.has(event)) void steps.stop()
      else if (event === 'ended') {
        if (systemCode === 0) resolve()
        else reject(notStarted(control.name, systemCode))
      }
    })
  })
}

class Steps {
  readonly #options: ServiceHostOptions
  #work: Promise<ServiceWork | null> = Promise.resolve(null)
  #isStopping = false

  constructor(options: ServiceHostOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#work = this.#open()
    const work = await this.#during('start-pending', this.#work)
    if (work !== null && !this.#isStopping) this.#report('running')
  }

  async stop(): Promise<void> {
    // A machine that shuts down while it is being stopped asks twice.
    if (this.#isStopping) return
    this.#isStopping = true
    const closed = this.#work.then((work) => work?.close())
    const exitCode = await this.#during('stop-pending', closed).then(
      () => 0,
      (error: unknown) => {
        this.#options.logger.error({ err: error }, 'the agent did not end well')
        return FAILED
      },
    )
    this.#report('stopped', exitCode)
  }

  /** Null where it failed, which is then said to the manager: it starts the service again after a pause. */
  async #open(): Promise<ServiceWork | null> {
    try {
      return await this.#options.open()
    } catch (error) {
      this.#options.logger.fatal({ err: error }, 'the agent cannot start')
      this.#report('stopped', FAILED)
      return null
    }
  }

  async #during<T>(state: ServiceState, work: Promise<T>): Promise<T> {
    let checkpoint = 1
    const report = () => this.#report(state, 0, checkpoint++)
    report()
    const timer = setInterval(report, CHECKPOINT_EVERY_MS)
    try {
      return await work
    } finally {
      clearInterval(timer)
    }
  }

  #report(state: ServiceState, exitCode = 0, checkpoint = 0): void {
    try {
      this.#options.control.service.reportServiceState(
        state,
        checkpoint,
        checkpoint > 0 ? WAIT_HINT_MS : 0,
        exitCode,
      )
    } catch (error) {
      this.#options.logger.warn({ err: error, state }, 'the service manager took no report')
    }
  }
}

function notStarted(name: string, systemCode: number): AppError {
  const message =
    systemCode === NOT_A_SERVICE
      ? `--service is for the service manager. Start it: sidestream agent service start (service ${name}).`
      : `The service manager let go of ${name} with Win32 error ${systemCode}.`
  return new AppError('NOT_A_SERVICE', 500, message)
}
