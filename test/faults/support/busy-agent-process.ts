/** Starts, settles and kills a busy agent, and reads what its disk says. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { waitFor } from '../../../scripts/lib/wait-for.ts'
import { readIdentity } from '../../../server/agent/config.ts'
import { openState } from '../../../server/agent/state/open-state.ts'
import type { MachineId } from '../../../server/protocol/ids.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import type { BusyOptions, FromBusyAgent } from './busy-agent.ts'

const AGENT = join(import.meta.dirname, 'busy-agent.ts')

export class BusyAgentProcess {
  readonly stateDir: string
  readonly #number: number
  readonly #keys: number
  #child: ChildProcess | null = null
  #lives = 0
  differences = 0

  constructor(stateDir: string, number: number, keys: number) {
    this.stateDir = stateDir
    this.#keys = keys
    this.#number = number
    onTestFinished(() => this.kill())
  }

  get machineId(): MachineId {
    return readIdentity(this.stateDir)!.machineId
  }

  async start(): Promise<void> {
    this.#lives += 1
    const seed = this.#number * 1_000_000 + this.#lives
    const options: BusyOptions = { stateDir: this.stateDir, seed, keys: this.#keys }
    const child = fork(AGENT, [JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child = child
    child.on('message', (message: FromBusyAgent) => {
      if (message.type === 'differs') this.differences += 1
    })
    await this.#next('ready')
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** No more changes; what is there goes to central. */
  async settle(): Promise<void> {
    await waitFor(
      'the agent to be in step',
      async () => {
        this.#child!.send('quiet')
        const { isConnected, pending } = await this.#next('state')
        return (isConnected && pending === 0) || undefined
      },
      90_000,
    )
  }

  /** What its disk says. */
  streams(): ReportedStream[] {
    const state = openState(this.stateDir)
    try {
      return state.inventory
        .presentIds(0, 1_000_000)
        .map((id) => JSON.parse(state.inventory.findById(id)!.report) as ReportedStream)
    } finally {
      state.close()
    }
  }

  #next<Type extends FromBusyAgent['type']>(
    type: Type,
  ): Promise<Extract<FromBusyAgent, { type: Type }>> {
    const child = this.#child!
    return new Promise((resolve, reject) => {
      const onMessage = (message: FromBusyAgent): void => {
        if (message.type !== type) return
        child.off('message', onMessage).off('exit', onExit)
        resolve(message as Extract<FromBusyAgent, { type: Type }>)
      }
      const onExit = (code: number | null): void => {
        child.off('message', onMessage)
        reject(new Error(`an agent ended with ${code}`))
      }
      child.on('message', onMessage).once('exit', onExit)
    })
  }
}
