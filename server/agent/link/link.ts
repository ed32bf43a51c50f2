/**
 * Keeps one outbound connection to central alive for as long as the agent runs: connects, and connects
 * again, ever more slowly while it fails, and rarely where central has refused this machine.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentStatus } from '../../protocol/agent-api.ts'
import type { ScanProgress, ScanSummary } from '../../protocol/scan.ts'
import { AppError } from '../../shared/app-error.ts'
import { LinkClosed, ReconnectPolicy } from './reconnect-policy.ts'
import { Session, type SessionTools } from './session.ts'

export interface LinkStatus {
  readonly state: AgentStatus['link']
  /** Why it is not connected; else empty. */
  readonly message: string
  /** The same, stable: see LinkClosed. */
  readonly code: string
}

/** Codes of a door that stays closed until a person has acted. */
const FINAL_CODES = new Set(['PIN_MISMATCH', 'INSECURE_CENTRAL'])

export class Link {
  readonly #tools: SessionTools
  readonly #stop = new AbortController()
  /** Ends the pause between two connections. */
  #hurry = new AbortController()
  #session: Session | null = null
  #status: LinkStatus = { state: 'connecting', message: 'not tried yet', code: '' }
  #running: Promise<void> = Promise.resolve()

  constructor(tools: SessionTools) {
    this.#tools = {
      ...tools,
      onWelcome: (welcome) => {
        this.#setStatus('connected', '', '')
        tools.onWelcome(welcome)
      },
    }
  }

  start(): void {
    this.#running = this.#run()
  }

  status(): LinkStatus {
    return this.#status
  }

  /** There may be something to send. */
  wake(): void {
    this.#session?.pump()
  }

  progress(progress: ScanProgress): void {
    this.#session?.sendProgress(progress)
  }

  finished(summary: ScanSummary): void {
    this.#session?.sendFinished(summary)
  }

  /** Connects anew, once what is said now is said: the hello has something new to say. */
  reconnect(): void {
    this.#session?.close('says hello again')
    this.#hurry.abort()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#session?.close('the agent stops')
    await this.#running
  }

  async #run(): Promise<void> {
    const policy = new ReconnectPolicy(this.#tools.timings)
    const { signal } = this.#stop
    while (!signal.aborted) {
      const startedMs = performance.now()
      const closed = await this.#connect()
      if (signal.aborted) return
      this.#setStatus(closed.isFinal ? 'refused' : 'connecting', closed.message, closed.code)
      const waitMs = policy.waitMs(closed, performance.now() - startedMs)
      this.#hurry = new AbortController()
      const either = AbortSignal.any([signal, this.#hurry.signal])
      await sleep(waitMs, undefined, { signal: either }).catch(() => undefined)
    }
  }

  /** Runs one connection to its end. */
  async #connect(): Promise<LinkClosed> {
    const { state, message, code } = this.#status
    if (state !== 'refused') this.#setStatus('connecting', message, code)
    try {
      const options = await this.#tools.door.options(this.#stop.signal)
      this.#session = new Session(this.#tools, options)
      return await this.#session.ended
    } catch (error) {
      if (!(error instanceof AppError)) return new LinkClosed((error as Error).message, null)
      const retry = FINAL_CODES.has(error.code) ? null : undefined
      return new LinkClosed(error.message, retry, error.code)
    } finally {
      this.#session = null
    }
  }

  #setStatus(state: LinkStatus['state'], message: string, code: string): void {
    const isNews = state !== this.#status.state || message !== this.#status.message
    this.#status = { state, message, code }
    if (isNews) this.#tools.logger.info({ link: state, reason: message, code }, 'link')
  }
}
