/**
 * Keeps one outbound connection to central alive for as long as the agent runs: connects, and connects
 * again, ever more slowly while it fails, and rarely where central has refused this machine.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentStatus } from '../../protocol/agent-api.ts'
import type { ScanProgress, ScanSummary } from '../../protocol/scan.ts'
import { LinkClosed, ReconnectPolicy } from './reconnect-policy.ts'
import { Session, type SessionTools } from './session.ts'

export interface LinkStatus {
  readonly state: AgentStatus['link']
  /** Why it is not connected; else empty. */
  readonly message: string
}

export class Link {
  readonly #tools: SessionTools
  readonly #stop = new AbortController()
  #session: Session | null = null
  #status: LinkStatus = { state: 'connecting', message: 'not tried yet' }
  #running: Promise<void> = Promise.resolve()

  constructor(tools: SessionTools) {
    this.#tools = {
      ...tools,
      onWelcome: (welcome) => {
        this.#setStatus('connected', '')
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

  async close(): Promise<void> {
    this.#stop.abort()
    this.#session?.close()
    await this.#running
  }

  async #run(): Promise<void> {
    const policy = new ReconnectPolicy(this.#tools.timings)
    const { signal } = this.#stop
    while (!signal.aborted) {
      const startedMs = performance.now()
      const closed = await this.#connect()
      if (signal.aborted) return
      this.#setStatus(closed.isFinal ? 'refused' : 'connecting', closed.message)
      const waitMs = policy.waitMs(closed, performance.now() - startedMs)
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Runs one connection to its end. */
  async #connect(): Promise<LinkClosed> {
    if (this.#status.state !== 'refused') this.#setStatus('connecting', this.#status.message)
    try {
      this.#session = new Session(this.#tools)
      return await this.#session.ended
    } catch (error) {
      // A key or address that cannot be used at all: only a person can mend it.
      return new LinkClosed((error as Error).message, null)
    } finally {
      this.#session = null
    }
  }

  #setStatus(state: LinkStatus['state'], message: string): void {
    const isNews = state !== this.#status.state || message !== this.#status.message
    this.#status = { state, message }
    if (isNews) this.#tools.logger.info({ link: state, reason: message }, 'link')
  }
}
