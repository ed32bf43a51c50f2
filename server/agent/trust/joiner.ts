/**
 * Gets a machine enrolled that is not yet: an image in its first boot, or one that waits for approval. Asks until central
 * has said yes, and rarely where it said no.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../shared/app-error.ts'
import type { Logger } from '../../shared/logger.ts'
import { type Enrolment, type Identity, readEnrolment } from '../config.ts'
import type { LinkStatus } from '../link/link.ts'
import { LinkClosed, type LinkTimings, ReconnectPolicy } from '../link/reconnect-policy.ts'
import { isSameBoot } from './boot.ts'
import { type EnrolmentTools, tryToEnrol } from './enrolling.ts'

export interface JoinerTools extends EnrolmentTools {
  readonly timings: LinkTimings
  readonly logger: Logger
  readonly boot: string
  readonly onJoined: (identity: Identity) => void
}

const FINAL_CODES = new Set(['ENROLMENT_REFUSED', 'PIN_MISMATCH', 'INSECURE_CENTRAL'])

export class Joiner {
  readonly #tools: JoinerTools
  readonly #enrolment: Enrolment
  readonly #stop = new AbortController()
  #status: LinkStatus = { state: 'connecting', message: 'enrolment was not tried yet', code: '' }
  #running: Promise<void> = Promise.resolve()

  constructor(tools: JoinerTools, enrolment: Enrolment) {
    this.#tools = tools
    this.#enrolment = enrolment
  }

  start(): void {
    const { imageBoot } = this.#enrolment
    if (imageBoot !== null && isSameBoot(imageBoot, this.#tools.boot)) {
      const message = 'This machine was prepared as an image: it enrols when it is booted again.'
      this.#set({ state: 'off', message, code: 'IMAGE' })
      return
    }
    this.#running = this.#run()
  }

  status(): LinkStatus {
    return this.#status
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const policy = new ReconnectPolicy(this.#tools.timings)
    while (!signal.aborted) {
      const closed = await this.#try()
      if (closed === null || signal.aborted) return
      const waitMs = policy.waitMs(closed, 0)
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Null: done. */
  async #try(): Promise<LinkClosed | null> {
    const { stateDir, timings } = this.#tools
    try {
      const identity = await tryToEnrol(this.#tools, readEnrolment(stateDir) ?? this.#enrolment)
      const { machineId, centralUrl } = identity
      this.#tools.logger.info({ machineId, centralUrl }, 'enrolled')
      if (!this.#stop.signal.aborted) this.#tools.onJoined(identity)
      return null
    } catch (error) {
      const { message } = error as Error
      const code = error instanceof AppError ? error.code : ''
      if (code === 'ENROLMENT_PENDING') {
        this.#set({ state: 'pending', message, code })
        return new LinkClosed(message, timings.pendingRetryMs, code)
      }
      const isFinal = FINAL_CODES.has(code)
      this.#set({ state: isFinal ? 'refused' : 'connecting', message, code })
      return new LinkClosed(message, isFinal ? null : undefined, code)
    }
  }

  #set(status: LinkStatus): void {
    if (status.message !== this.#status.message) {
      this.#tools.logger.info({ link: status.state, reason: status.message }, 'enrolment')
    }
    this.#status = status
  }
}
