/**
 * A central with the console as built from source, and one real agent on a share whose streams are real
 * extended attributes, stored as Samba does.
 */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pino } from 'pino'
import { build } from 'vite'
import { loadAddon } from '../../../native/addon.ts'
import { enroll } from '../../../server/agent/enroll.ts'
import { type RunningAgent, startAgent } from '../../../server/agent/start-agent.ts'
import { type RunningCentral, startCentral } from '../../../server/central/start-central.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { CALM } from '../../support/calm-machine.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'
import { sambaStream, setXattrs } from '../../support/xattrs.ts'

export const PASSWORD = 'correct horse battery staple'
const logger = pino({ level: 'silent' })
const REPO = join(import.meta.dirname, '../../..')

export interface FileWithStream {
  readonly path: string
  readonly stream: string
  readonly content: string
}

export class ConsoleFleet {
  readonly folder = makeTempFolder()
  readonly share = join(this.folder, 'share')
  readonly #consoleDir = join(this.folder, 'console')
  central!: RunningCentral
  agent!: RunningAgent
  /** Started after the first, by host name. */
  readonly others = new Map<string, RunningAgent>()
  #cookie = ''

  async start(files: readonly FileWithStream[]): Promise<void> {
    await build({
      root: join(REPO, 'web'),
      logLevel: 'silent',
      build: { outDir: this.#consoleDir },
    })
    this.addFiles(files)
    this.central = await this.#startCentral(0)
    await this.#signIn()
    this.agent = await this.#startAgent('agent', this.share, undefined)
  }

  /** One more machine, with a share and files of its own. */
  async addMachine(hostname: string, files: readonly FileWithStream[]): Promise<RunningAgent> {
    const name = `machine-${this.others.size}`
    const share = join(this.folder, name)
    mkdirSync(share)
    this.addFiles(files, share)
    const agent = await this.#startAgent(`agent-${name}`, share, hostname)
    this.others.set(hostname, agent)
    return agent
  }

  async #startAgent(
    name: string,
    share: string,
    hostname: string | undefined,
  ): Promise<RunningAgent> {
    const { token } = await this.post('/api/v1/enrolments', { uses: 1, validForSeconds: 600 })
    const stateDir = join(this.folder, name)
    await enroll({
      stateDir,
      serverUrl: this.central.url,
      token: String(token),
      scope: [share],
      exclude: [],
      name: hostname,
    })
    return startAgent({
      readMachine: () => CALM,
      stateDir,
      logger,
      clock: systemClock,
      addon: loadAddon(),
      linkTimings: {},
    })
  }

  /** New files below a share, each with one stream; dated back so that a changed mtime would show. */
  addFiles(files: readonly FileWithStream[], share = this.share): void {
    const xattrs = files.map(({ path, stream, content }) => {
      const whole = join(share, path)
      mkdirSync(dirname(whole), { recursive: true })
      writeFileSync(whole, `the content of ${path}`)
      return sambaStream(whole, stream, content)
    })
    setXattrs(xattrs)
    for (const { path } of files) utimesSync(join(share, path), 1_600_000_000, 1_600_000_000)
  }

  path(path: string): string {
    return join(this.share, path)
  }

  /** As another signed-in client. */
  post = (route: string, body: unknown) => this.#send('POST', route, body)
  put = (route: string, body: unknown) => this.#send('PUT', route, body)

  async #send(method: string, route: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.central.url}${route}`, {
      method,
      headers: { 'content-type': 'application/json', cookie: this.#cookie },
      body: JSON.stringify(body),
    })
    return (await response.json()) as Record<string, unknown>
  }

  /** Orders that these be stripped; one that another order names already is left out, and alone makes none. */
  async strip(streamIds: number[], reason: string): Promise<void> {
    const body = { action: 'strip', selection: { streamIds } }
    const preview = await this.post('/api/v1/orders/previews?waitMs=20000', body)
    const { previewId, targetCount } = preview
    await this.post('/api/v1/orders', { previewId, confirmCount: targetCount, reason })
  }

  async scan(): Promise<void> {
    await this.post(`/api/v1/machines/${this.agent.status().machineId}/scan`, {})
  }

  stopCentral(): Promise<void> {
    return this.central.close()
  }

  /** On the same port and data as before. */
  async restartCentral(): Promise<void> {
    this.central = await this.#startCentral(this.central.port)
  }

  async stop(): Promise<void> {
    for (const agent of this.others.values()) await agent.close()
    await this.agent?.close()
    await this.central?.close()
    removeTempFolder(this.folder)
  }

  #startCentral(port: number): Promise<RunningCentral> {
    return startCentral({
      dataDir: join(this.folder, 'central'),
      host: '127.0.0.1',
      port,
      adminPassword: PASSWORD,
      consoleDir: this.#consoleDir,
      logger,
      clock: systemClock,
      scanEverySeconds: 3_600,
    })
  }

  async #signIn(): Promise<void> {
    const response = await fetch(`${this.central.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: PASSWORD }),
    })
    this.#cookie = response.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  }
}
