/** A fleet of simulated machines in several processes: started, watched, ended. */
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Identity } from '../../server/agent/config.ts'
import type { LinkTimings } from '../../server/agent/link/reconnect-policy.ts'
import type { FleetPart, FromWorker, PartState, ToWorker } from './fleet-worker.ts'

const WORKER = join(import.meta.dirname, 'fleet-worker.ts')

export interface SimulatedFleetOptions {
  readonly centralUrl: string
  /** A token with a use for each machine that is not in `identityFile`. */
  readonly token: string
  readonly machines: number
  /** Of each machine, those included that are not there at first. */
  readonly streams: number
  readonly seed: number
  readonly churn: number
  readonly churnEverySeconds: number
  readonly ignoresTurns: boolean
  readonly processes: number
  /** Where the machines' keys are kept, so that a later run is the same fleet. */
  readonly identityFile?: string | undefined
  readonly timings?: Partial<LinkTimings>
}

const EMPTY: PartState = {
  enrolled: 0,
  connected: 0,
  scanned: 0,
  inStep: 0,
  acknowledged: 0,
  pending: 0,
  deltas: 0,
}

export class SimulatedFleet {
  readonly #options: SimulatedFleetOptions
  readonly #workers: ChildProcess[] = []
  readonly #states: PartState[] = []
  readonly #identities: Identity[]
  #failure: Error | null = null
  #isEnding = false

  constructor(options: SimulatedFleetOptions) {
    this.#options = options
    this.#identities = knownIdentities(options)
  }

  start(): void {
    const { machines, processes, identityFile: _, ...rest } = this.#options
    for (let n = 0; n < processes; n++) {
      const from = Math.floor((machines * n) / processes)
      const to = Math.floor((machines * (n + 1)) / processes)
      const identities = this.#identities.slice(from, to)
      this.#states.push(EMPTY)
      this.#workers.push(this.#startWorker(n, { ...rest, from, to, identities }))
    }
  }

  /** Of all processes together. Throws what went wrong in one of them. */
  state(): PartState {
    if (this.#failure) throw this.#failure
    const sum = { ...EMPTY }
    for (const state of this.#states) {
      for (const key of Object.keys(sum) as (keyof PartState)[]) {
        Object.assign(sum, { [key]: sum[key] + state[key] })
      }
    }
    return sum
  }

  /** On all machines at once. */
  churn(share: number): void {
    for (const worker of this.#workers) send(worker, { type: 'churn', share })
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await Promise.all(
      this.#workers.map(async (worker) => {
        if (worker.exitCode !== null || worker.signalCode !== null) return
        const ended = new Promise((resolve) => worker.once('exit', resolve))
        if (worker.connected) send(worker, { type: 'end' })
        const timer = setTimeout(() => worker.kill('SIGKILL'), 20_000)
        await ended
        clearTimeout(timer)
      }),
    )
  }

  #startWorker(number: number, part: FleetPart): ChildProcess {
    const worker = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'state') this.#states[number] = message.state
      else if (message.type === 'identities') this.#keep(message.from, message.identities)
      else this.#failure = new Error(message.message)
    })
    worker.on('exit', (code) => {
      if (!this.#isEnding) this.#failure ??= new Error(`a process of the fleet ended with ${code}`)
    })
    send(worker, { type: 'begin', part })
    return worker
  }

  #keep(from: number, identities: readonly Identity[]): void {
    for (const [n, identity] of identities.entries()) this.#identities[from + n] = identity
    const { identityFile, machines } = this.#options
    const known = this.#identities.filter((identity) => identity !== undefined)
    if (identityFile === undefined || known.length < machines) return
    mkdirSync(dirname(identityFile), { recursive: true })
    writeFileSync(identityFile, JSON.stringify(known), { mode: 0o600 })
  }
}

/** Of an earlier run against the same central. */
export function knownIdentities(
  options: Pick<SimulatedFleetOptions, 'identityFile' | 'centralUrl' | 'machines'>,
): Identity[] {
  const { identityFile, centralUrl, machines } = options
  if (identityFile === undefined || !existsSync(identityFile)) return []
  const known = JSON.parse(readFileSync(identityFile, 'utf8')) as Identity[]
  return known.filter((identity) => identity.centralUrl === centralUrl).slice(0, machines)
}

function send(worker: ChildProcess, message: ToWorker): void {
  worker.send(message)
}
