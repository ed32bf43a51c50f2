/** A central on Linux, and an agent that runs on Windows and is enrolled there. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { CentralClient } from '../../../scripts/lib/central-client.ts'
import { waitFor } from '../../../scripts/lib/wait-for.ts'
import { DEFAULT_QUIET } from '../../../server/agent/config.ts'
import { startCentral } from '../../../server/central/start-central.ts'
import type { AgentStatus } from '../../../server/protocol/agent-api.ts'
import type { MachineDetail } from '../../../server/protocol/api/machines.ts'
import type { ScanSummary } from '../../../server/protocol/scan.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'
import { startWindowsCli, type WindowsVolume, windowsCli, windowsPath } from './windows.ts'

const PASSWORD = 'a password for tests only'
/** Windows Node under Wine takes its time to start, where others use the machine too. */
export const START_MS = 120_000

export class EnrolledAgent {
  readonly client: CentralClient
  readonly #folder: string
  readonly #central: Awaited<ReturnType<typeof startCentral>>
  readonly #state: string
  #process: ChildProcess | null = null

  private constructor(folder: string, central: Awaited<ReturnType<typeof startCentral>>) {
    this.#folder = folder
    this.#central = central
    this.client = new CentralClient(central.url)
    this.#state = windowsPath(join(folder, 'agent'))
  }

  /** Enrolled, and running. */
  static async on({ drive }: WindowsVolume): Promise<EnrolledAgent> {
    const folder = makeTempFolder()
    const central = await startCentral({
      dataDir: join(folder, 'central'),
      host: '127.0.0.1',
      port: 0,
      adminPassword: PASSWORD,
      logger: pino({ level: 'silent' }),
      clock: systemClock,
      scanEverySeconds: 600,
    })
    const agent = new EnrolledAgent(folder, central)
    await agent.client.signIn('admin', PASSWORD)
    await agent.#enrol(drive)
    agent.start()
    return agent
  }

  async #enrol(drive: string): Promise<void> {
    const { token } = await this.client.createEnrolment(1)
    // Not waited for by blocking: central runs in this process.
    const enrolment = startWindowsCli([
      ...['agent', 'enroll', '--server', this.#central.url, '--token', token],
      ...['--name', 'WINDOWS-PC', '--state', this.#state, '--scope', drive],
    ])
    const [code] = await once(enrolment, 'exit')
    if (code !== 0) throw new Error(`enrolling on Windows ended with ${code}`)
    this.#neverWait()
  }

  /** Else a scan gives way to whatever this machine does beside the tests. */
  #neverWait(): void {
    const file = join(this.#folder, 'agent', 'agent.json')
    const quiet = { ...DEFAULT_QUIET, mostDelayMinutes: 0 }
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), quiet }))
  }

  start(): void {
    this.#process = startWindowsCli(['agent', 'run', '--state', this.#state])
  }

  /** At once, as if the PC had lost its power. */
  async stop(): Promise<void> {
    const running = this.#process
    this.#process = null
    if (running === null || running.exitCode !== null) return
    running.kill('SIGTERM')
    await once(running, 'exit')
  }

  /** As the command line has it from the agent's pipe. */
  status(): AgentStatus {
    const args = ['agent', 'status', '--state', this.#state, '--format', 'json']
    const { status, stdout, stderr } = windowsCli(args)
    if (status !== 0) throw new Error(`agent status ended with ${status}: ${stderr}`)
    return JSON.parse(stdout) as AgentStatus
  }

  async lastScan(): Promise<ScanSummary | null> {
    return (await this.#machine())?.lastScan ?? null
  }

  /** Returns once a scan runs, as central knows it. */
  async isScanning(): Promise<void> {
    await waitFor('a scan', async () => (await this.#machine())?.scanning ?? undefined)
  }

  async #machine(): Promise<MachineDetail | null> {
    const [machine] = await this.client.machines()
    return machine === undefined ? null : this.client.machine(machine.machineId)
  }

  /** The stream's carrier is at central. Answers how long that took. */
  async reports(path: string, timeoutMs = START_MS): Promise<number> {
    const startedMs = performance.now()
    const isThere = async () => {
      const { streams } = await this.client.search('machine:WINDOWS-PC')
      return streams.some((stream) => stream.path === path) || undefined
    }
    await waitFor(`${path} at central`, isThere, timeoutMs)
    return performance.now() - startedMs
  }

  async remove(): Promise<void> {
    await this.stop()
    await this.#central.close()
    removeTempFolder(this.#folder)
  }
}
