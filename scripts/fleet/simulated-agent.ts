/** One simulated machine: the agent's own link, session and outbox over a state that costs next to nothing. */
import { randomUUID } from 'node:crypto'
import type { Identity } from '../../server/agent/config.ts'
import { Outbox } from '../../server/agent/inventory/outbox.ts'
import { Link } from '../../server/agent/link/link.ts'
import { DEFAULT_TIMINGS, type LinkTimings } from '../../server/agent/link/reconnect-policy.ts'
import { CentralDoor } from '../../server/agent/trust/central-door.ts'
import { MachineIdentity } from '../../server/agent/trust/machine-identity.ts'
import type { ScanId } from '../../server/protocol/ids.ts'
import type { MachineFacts } from '../../server/protocol/link-frames.ts'
import type { ScanSummary } from '../../server/protocol/scan.ts'
import type { ReportedStream } from '../../server/protocol/stream.ts'
import { toTimestamp } from '../../server/shared/clock.ts'
import type { Logger } from '../../server/shared/logger.ts'
import { SimulatedState, type StreamSource } from './simulated-state.ts'

/** Of a machine's streams, how many are not there at first and may come. */
const SPARE_SHARE = 0.2

/** How many to make up for a machine that has `streams` at first. */
export function withSpare(streams: number): number {
  return Math.ceil(streams / (1 - SPARE_SHARE))
}

export interface SimulatedAgentOptions {
  readonly identity: Identity
  readonly facts: MachineFacts
  readonly source: StreamSource
  /** Of `source`, including those that are not there at first. */
  readonly streams: number
  /** Scans when it wants to, whatever turn central gives. */
  readonly ignoresTurns: boolean
  readonly timings?: Partial<LinkTimings>
  readonly logger: Logger
}

export class SimulatedAgent {
  readonly #options: SimulatedAgentOptions
  readonly #state: SimulatedState
  readonly #outbox: Outbox
  readonly #link: Link
  #lastScan: ScanSummary | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(options: SimulatedAgentOptions) {
    this.#options = options
    this.#state = new SimulatedState(options.source, options.streams)
    this.#outbox = new Outbox(this.#state)
    const timings = { ...DEFAULT_TIMINGS, ...options.timings }
    const { centralUrl, pins = [] } = options.identity
    const { answerMs } = timings
    this.#link = new Link({
      identity: new MachineIdentity(options.identity, () => undefined),
      door: new CentralDoor({ centralUrl, pins: () => pins, answerMs }),
      facts: options.facts,
      outbox: this.#outbox,
      requests: {
        run: ({ id }, respond) => {
          const body = { code: 'SIMULATED', message: 'A simulated machine has no disk to ask.' }
          respond({ type: 'response', id, status: 404, body })
        },
      },
      lastScan: () => this.#lastScan,
      isScanDue: () => this.#lastScan === null,
      onWelcome: ({ scanAfterSeconds }) => this.#takeTurn(scanAfterSeconds * 1_000),
      timings,
      logger: options.logger,
    })
  }

  start(): void {
    this.#link.start()
  }

  get isConnected(): boolean {
    return this.#link.status().state === 'connected'
  }

  get hasScanned(): boolean {
    return this.#lastScan !== null
  }

  /** Changes that central has not acknowledged. */
  get pending(): number {
    return this.#state.inventory.pendingCount
  }

  /** What central has acknowledged. */
  get acknowledged(): number {
    return this.#outbox.acknowledged().count
  }

  get sequence(): number {
    return this.#state.inventory.sequence()
  }

  streams(): ReportedStream[] {
    return this.#state.inventory.streams()
  }

  /** Some streams change, go and come, as a scan would find. */
  churn(share: number, random: () => number): void {
    this.#state.inventory.churn(share, random)
    this.#link.wake()
  }

  async close(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    await this.#link.close()
  }

  #takeTurn(afterMs: number): void {
    if (this.hasScanned || this.#timer) return
    const waitMs = this.#options.ignoresTurns ? 0 : afterMs
    this.#timer = setTimeout(() => this.#scan(), waitMs)
  }

  #scan(): void {
    this.#state.inventory.find(Math.round(this.#options.streams * (1 - SPARE_SHARE)))
    this.#lastScan = this.#summary()
    this.#link.finished(this.#lastScan)
  }

  #summary(): ScanSummary {
    const [first] = this.#options.source()
    const now = toTimestamp(Date.now())
    return {
      scanId: randomUUID() as string as ScanId,
      state: 'complete',
      startedAt: now,
      finishedAt: now,
      carriersSeen: this.#options.streams * 40,
      streamsFound: this.#options.streams,
      unreadableCount: 0,
      unreadable: [],
      volumes: [
        {
          volumeId: first!.volumeId,
          root: 'C:\\',
          label: 'System',
          fileSystem: 'NTFS',
          provider: 'mft',
          isWritable: true,
        },
      ],
      message: '',
    }
  }
}
