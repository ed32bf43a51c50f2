/** Central killed in the middle of an order: what it had said and sent holds, and each target ends with one receipt. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ADMIN_PASSWORD, until } from './fleet.ts'
import { receiptsFor, targetsOf } from './order-making.ts'
import { streams, TestAgent } from './test-agent.ts'

const CHILD = new URL('./central-child.ts', import.meta.url).pathname
const COUNT = 400

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

class KilledCentral {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'sidestream-order-kill-'))
  readonly port: number
  #child: ChildProcess | undefined
  #cookie = ''

  constructor(port: number) {
    this.port = port
    onTestFinished(async () => {
      await this.kill()
      rmSync(this.dataDir, { recursive: true, force: true })
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const args = [CHILD, this.dataDir, ADMIN_PASSWORD, String(this.port)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve())
      child.once('exit', (code) => reject(new Error(`central ended with ${code}`)))
    })
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields they expect
  async call(method: string, path: string, body?: object): Promise<any> {
    const headers: Record<string, string> = { cookie: this.#cookie }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const init = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(`${this.url}/api/v1${path}`, { method, headers, ...init })
    this.#cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? this.#cookie
    return answer.json()
  }
}

it('an order goes on after each kill of central, and each target has one receipt', async () => {
  const central = new KilledCentral(await freePort())
  await central.start()
  await central.call('POST', '/session', { username: 'admin', password: ADMIN_PASSWORD })
  const agent = new TestAgent('PC-1')
  onTestFinished(() => agent.disconnect())
  const { token } = await central.call('POST', '/enrolments', {})
  await agent.enrol(central.url, token)
  await agent.connect(central.url)
  for (let from = 0; from < COUNT; from += 200)
    await agent.report(streams(COUNT).slice(from, from + 200))
  agent.finishScan()
  await until(async () => {
    const page = await central.call('GET', '/streams?limit=1')
    return page.total === COUNT && page.streams[0].isStrippable
  })
  const request = { action: 'strip', selection: { query: '' } }
  const preview = await central.call('POST', '/orders/previews?waitMs=20000', request)
  expect(preview.targetCount).toBe(COUNT)
  const { orderId } = await central.call('POST', '/orders', {
    previewId: preview.previewId,
    confirmCount: COUNT,
    reason: 'to be killed over',
  })

  /** What the agent has done; it answers a repeat from its journal, as the real one does. */
  const done = new Set<string>()
  let repeats = 0
  agent.answer = (frame) => {
    for (const { targetId } of targetsOf(frame)) {
      if (done.has(targetId)) repeats += 1
      done.add(targetId)
    }
    return receiptsFor(frame)
  }
  for (const killedAfter of [0, 1, 100, 250]) {
    await central.kill()
    await central.start()
    await agent.connect(central.url)
    await until(() => done.size >= killedAfter)
  }
  const order = await until(async () => {
    const now = await central.call('GET', `/orders/${orderId}`)
    return now.finishedAt === null ? undefined : now
  })
  expect([order.state, order.counts]).toEqual(['finished', { done: COUNT }])
  expect([done.size, order.digest]).toEqual([COUNT, preview.digest])
  expect(repeats).toBeLessThan(COUNT)
  const { entries } = await central.call('GET', '/audit?limit=100')
  const told = entries
    .map(({ action }: { action: string }) => action)
    .filter((action: string) => action.startsWith('order.'))
  expect(told).toEqual(['order.finished', 'order.created', 'order.previewed'])
}, 120_000)
