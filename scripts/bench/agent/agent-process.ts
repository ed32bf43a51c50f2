/** A real agent in a process of its own, as `sidestream agent run` starts it, and what it costs the machine. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { AgentStatus } from '../../../server/protocol/agent-api.ts'
import { waitFor } from '../../lib/wait-for.ts'
import { sidestreamCommand } from '../scan/sidestream-command.ts'

/** Of the kernel's clock, in which /proc counts a process's time. */
const TICKS_PER_SECOND = 100
const LONGEST_MS = 1_800_000

export class AgentProcess {
  readonly #child: ChildProcess
  readonly #socketPath: string

  private constructor(child: ChildProcess, socketPath: string) {
    this.#child = child
    this.#socketPath = socketPath
  }

  /** `config` goes over what `agent.json` has. */
  static async start(stateDir: string, config: Record<string, unknown>): Promise<AgentProcess> {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    const base = { exclude: [], allowedStreams: [] }
    writeFileSync(join(stateDir, 'agent.json'), JSON.stringify({ ...base, ...config }))
    const run = ['agent', 'run', '--state', stateDir, '--log-level', 'silent']
    const [program, ...args] = sidestreamCommand(...run)
    const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    const agent = new AgentProcess(child, join(stateDir, 'agent.sock'))
    await waitFor('the agent', () => agent.status().catch(() => undefined), LONGEST_MS)
    return agent
  }

  async status(): Promise<AgentStatus> {
    return JSON.parse(await this.#ask('GET', '/v1/status'))
  }

  async scan(): Promise<void> {
    await this.scanned()
    const before = (await this.status()).lastScan?.scanId
    await this.#ask('POST', '/v1/scan')
    await this.scanned(before)
  }

  /** Until a scan has ended, another than `before`. */
  async scanned(before?: string): Promise<void> {
    const isDone = async () => {
      const { lastScan, scanning } = await this.status()
      return (lastScan !== null && lastScan.scanId !== before && scanning === null) || undefined
    }
    await waitFor('the end of a scan', isDone, LONGEST_MS)
  }

  /** MiB: now, and the most it ever was. */
  memory(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    const of = (key: string) => Number(new RegExp(`${key}:\\s*(\\d+)`).exec(status)![1]) / 1024
    return { now: of('VmRSS'), peak: of('VmHWM') }
  }

  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }

  #ask(method: string, path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      request({ socketPath: this.#socketPath, method, path, headers }, (response) =>
        text(response).then(resolve, reject),
      )
        .on('error', reject)
        .end(method === 'POST' ? '{}' : undefined)
    })
  }
}
