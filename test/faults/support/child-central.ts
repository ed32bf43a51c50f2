/** A real central in a process of its own, to be killed and started again on the same data and port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { CentralClient } from '../../../scripts/lib/central-client.ts'
import { waitFor } from '../../../scripts/lib/wait-for.ts'

const CHILD = join(import.meta.dirname, '../../integration/central/central-child.ts')
export const ADMIN_PASSWORD = 'correct horse battery staple'

export class ChildCentral {
  readonly dataDir: string
  readonly url: string
  readonly #port: number
  #child: ChildProcess | null = null

  constructor(dataDir: string, port: number) {
    this.dataDir = dataDir
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
    onTestFinished(() => this.kill())
  }

  static async start(dataDir: string): Promise<ChildCentral> {
    const central = new ChildCentral(dataDir, await freePort())
    await central.start()
    return central
  }

  async start(): Promise<void> {
    const child = spawn(
      process.execPath,
      [CHILD, this.dataDir, ADMIN_PASSWORD, String(this.#port)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    this.#child = child
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`central ended with ${code ?? signal}`)
    })
    ended.catch(() => undefined)
    await Promise.race([once(child.stdout!, 'data'), ended])
  }

  async client(): Promise<CentralClient> {
    const client = new CentralClient(this.url)
    await waitFor('central to answer', async () => {
      const answer = await fetch(`${this.url}/healthz`).catch(() => undefined)
      return answer?.ok || undefined
    })
    await client.signIn('admin', ADMIN_PASSWORD)
    return client
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
