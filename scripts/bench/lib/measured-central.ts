/** A central as people run it, in a process of its own, whose memory, CPU and event loop are measured. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../demo/fleet.ts'
import { CentralClient } from '../../lib/central-client.ts'
import { root } from '../../lib/run.ts'
import { waitFor } from '../../lib/wait-for.ts'

const CLI = join(root, 'server/cli/main.ts')
const LOOP_DELAY = join(import.meta.dirname, 'loop-delay.ts')
/** Of Linux, as `getconf CLK_TCK` and PAGESIZE have it everywhere that we run. */
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4_096

export interface LoopDelay {
  readonly p99Ms: number
  readonly maxMs: number
}

export class MeasuredCentral {
  readonly folder: string
  readonly url: string
  readonly #port: number
  readonly #password = randomBytes(9).toString('base64url')
  #child: ChildProcess | null = null

  private constructor(folder: string, port: number) {
    this.folder = folder
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(folder: string): Promise<MeasuredCentral> {
    const central = new MeasuredCentral(folder, await freePort(0))
    await central.start()
    return central
  }

  get dataDir(): string {
    return join(this.folder, 'central')
  }

  /** `timeoutMs`: longer where others load the machine meanwhile. */
  async start(timeoutMs?: number): Promise<void> {
    const log = openSync(join(this.folder, 'central.log'), 'a')
    const args = ['central', '--data', this.dataDir, '--port', String(this.#port)]
    this.#child = fork(CLI, [...args, '--log-level', 'warn'], {
      execArgv: ['--import', LOOP_DELAY],
      env: { ...process.env, SIDESTREAM_ADMIN_PASSWORD: this.#password },
      stdio: ['ignore', log, log, 'ipc'],
    })
    const isReady = async (): Promise<true | undefined> => {
      if (this.#child?.exitCode !== null) throw new Error(`central ended; see ${this.folder}`)
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined)
      return answer?.ok ? true : undefined
    }
    await waitFor('central to be ready', isReady, timeoutMs)
  }

  /** For a browser that signs in by itself. */
  get credentials(): { username: string; password: string } {
    return { username: 'admin', password: this.#password }
  }

  async token(uses: number): Promise<string> {
    return (await (await this.client()).createEnrolment(uses)).token
  }

  async client(): Promise<CentralClient> {
    const client = new CentralClient(this.url)
    await client.signIn('admin', this.#password)
    return client
  }

  rssMib(): number {
    const [, resident] = this.#proc('statm').split(' ')
    return (Number(resident) * PAGE_BYTES) / 2 ** 20
  }

  /** Of all its threads, since its start. */
  cpuSeconds(): number {
    const fields = this.#proc('stat')
      .replace(/^.*\) /, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  }

  /** Since the call before; the first one begins it. */
  async loopDelay(): Promise<LoopDelay> {
    this.#child!.send('loop delay')
    const [delay] = await once(this.#child!, 'message')
    return delay as LoopDelay
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  #proc(file: string): string {
    return readFileSync(`/proc/${this.#child?.pid}/${file}`, 'utf8')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
    await ended
    clearTimeout(timer)
  }
}
