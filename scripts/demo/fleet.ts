/** Starts central and the demo's agents as the processes that people run, and ends exactly those. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { CentralClient } from '../lib/central-client.ts'
import { root } from '../lib/run.ts'
import { waitFor } from '../lib/wait-for.ts'
import type { DemoMachine } from './story.ts'

const CLI = join(root, 'server/cli/main.ts')

export class DemoFleet {
  readonly folder: string
  readonly port: number
  readonly url: string
  readonly client: CentralClient
  readonly password = randomBytes(9).toString('base64url')
  /** Long-running processes by name. */
  #children = new Map<string, ChildProcess>()

  constructor(folder: string, port: number) {
    this.folder = folder
    this.port = port
    this.url = `http://127.0.0.1:${port}`
    this.client = new CentralClient(this.url)
  }

  /** Central, up and signed in to. */
  async startCentral(): Promise<void> {
    const data = join(this.folder, 'central')
    this.#start('central', ['central', '--data', data, '--port', String(this.port)])
    await waitFor('central to be ready', async () => {
      this.#checkAlive()
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined)
      return answer?.ok ? true : undefined
    })
    await this.client.signIn('admin', this.password)
  }

  /** Enrols a machine's agent with a token of its own. */
  async enrol(machine: DemoMachine): Promise<void> {
    const { token } = await this.client.createEnrolment(1)
    const args = ['agent', 'enroll', '--server', this.url, '--token', token]
    args.push('--name', machine.name, '--state', this.#state(machine), '--scope', machine.scope)
    // The payload and other oddities are there to be tried out.
    args.push('--allow-stream', '*')
    const name = `enroll-${machine.name}`
    const child = this.#start(name, args)
    const code = await new Promise((resolve) => child.on('exit', resolve))
    this.#children.delete(name)
    if (code !== 0) throw new Error(`${machine.name} could not enrol: ${this.#lastLine(name)}`)
  }

  /** What the machine's owner allows, from its next start on. */
  setPolicy(machine: DemoMachine, policy: object): void {
    writeFileSync(join(this.#state(machine), 'policy.json'), JSON.stringify(policy))
  }

  startAgent(machine: DemoMachine): void {
    this.#start(machine.name, ['agent', 'run', '--state', this.#state(machine)])
  }

  /** Until every machine is connected and its first scan is at central. Resolves to seconds waited. */
  async waitForInventory(machines: readonly DemoMachine[]): Promise<number> {
    const startedAt = performance.now()
    await waitFor('all machines to report a finished scan', async () => {
      this.#checkAlive()
      const known = await this.client.machines()
      const isReady = machines.every(({ name }) =>
        known.some(
          (machine) => machine.hostname === name && machine.isOnline && machine.lastScanAt !== null,
        ),
      )
      return isReady ? true : undefined
    })
    return (performance.now() - startedAt) / 1000
  }

  /** Asks every process we started to end, waits, and ends those that do not. */
  async stop(): Promise<void> {
    const running = [...this.#children.values()].filter((child) => !hasEnded(child))
    this.#children.clear()
    await Promise.all(running.map(endProcess))
  }

  #start(name: string, args: string[]): ChildProcess {
    const log = openSync(this.#log(name), 'a')
    const env = { ...process.env, SIDESTREAM_ADMIN_PASSWORD: this.password }
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: this.folder,
      env,
      stdio: ['ignore', log, log],
      // Out of the terminal's group: Ctrl-C reaches the demo, which then ends its processes in order.
      detached: true,
    })
    this.#children.set(name, child)
    return child
  }

  /** A process that ended by itself will not become ready: say what it said last. */
  #checkAlive(): void {
    for (const [name, child] of this.#children) {
      if (hasEnded(child)) throw new Error(`${name} ended: ${this.#lastLine(name)}`)
    }
  }

  #lastLine(name: string): string {
    return readFileSync(this.#log(name), 'utf8').trim().split('\n').at(-1) ?? ''
  }

  #state(machine: DemoMachine): string {
    return join(this.folder, `agent-${machine.name.toLowerCase()}`)
  }

  #log(name: string): string {
    return join(this.folder, `${name.toLowerCase()}.log`)
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function endProcess(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}

/** The wanted port if it is free, else any free one. */
export async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted
}

function tryPort(port: number): Promise<number | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      const found = typeof address === 'object' && address !== null ? address.port : undefined
      server.close(() => resolve(found))
    })
  })
}
