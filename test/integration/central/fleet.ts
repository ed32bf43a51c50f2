/** A central on a real socket and a real database, with a clock that tests can move. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import {
  type CentralOptions,
  type RunningCentral,
  startCentral,
} from '../../../server/central/start-central.ts'
import type { OrderPreview } from '../../../server/protocol/api/order-previews.ts'
import type { Order } from '../../../server/protocol/api/orders.ts'
import type { StreamPage } from '../../../server/protocol/api/streams.ts'
import { TestAgent } from './test-agent.ts'

export const ADMIN_PASSWORD = 'correct horse battery staple'

export interface MovableClock {
  now(): number
  moveBy(ms: number): void
}

export function movableClock(): MovableClock {
  let offset = 0
  return {
    now: () => Date.now() + offset,
    moveBy: (ms) => {
      offset += ms
    },
  }
}

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields they expect
  body: any
  headers: Headers
}

export class Fleet {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'sidestream-central-'))
  readonly clock = movableClock()
  readonly agents: TestAgent[] = []
  readonly #overrides: Partial<CentralOptions>
  central!: RunningCentral
  cookie = ''

  constructor(overrides: Partial<CentralOptions>) {
    this.#overrides = overrides
  }

  async start(): Promise<void> {
    this.central = await startCentral({
      dataDir: this.dataDir,
      host: '127.0.0.1',
      port: 0,
      adminPassword: ADMIN_PASSWORD,
      logger: pino({ level: 'silent' }),
      clock: this.clock,
      scanEverySeconds: 600,
      ...this.#overrides,
      timing: { orderRetryMs: 50, orderTimeoutMs: 400, ...this.#overrides.timing },
    })
  }

  /** Central stops and another one starts on the same data. The port is a new one. */
  async restart(): Promise<void> {
    await this.central.close()
    await this.start()
  }

  async call(method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
    const response = await fetch(`${this.central.url}${path}`, {
      method,
      headers: {
        cookie: this.cookie,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    return {
      status: response.status,
      body: isJson ? JSON.parse(text) : text,
      headers: response.headers,
    }
  }

  get = (path: string): Promise<Answer> => this.call('GET', `/api/v1${path}`)
  post = (path: string, body: unknown): Promise<Answer> => this.call('POST', `/api/v1${path}`, body)

  async signIn(password = ADMIN_PASSWORD): Promise<Answer> {
    const answer = await this.post('/session', { username: 'admin', password })
    this.cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? this.cookie
    return answer
  }

  async token(uses = 1): Promise<string> {
    return (await this.post('/enrolments', { uses })).body.token
  }

  /** An agent that is enrolled and connected. */
  async agent(hostname = 'PC-1'): Promise<TestAgent> {
    const agent = new TestAgent(hostname)
    this.agents.push(agent)
    await agent.enrol(this.central.url, await this.token())
    await agent.connect(this.central.url)
    return agent
  }

  async search(q: string, extra = ''): Promise<StreamPage> {
    const answer = await this.get(`/streams?q=${encodeURIComponent(q)}${extra}`)
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    return answer.body as StreamPage
  }

  async order(streamIds: number[], confirmCount = streamIds.length): Promise<Answer> {
    const { previewId } = await this.preview({ action: 'strip', selection: { streamIds } })
    return this.post('/orders', { previewId, confirmCount, reason: 'our own installer' })
  }

  /** Ready, or failed. */
  async preview(request: object): Promise<OrderPreview> {
    const { status, body } = await this.post('/orders/previews?waitMs=20000', request)
    if (status !== 202) throw new Error(JSON.stringify(body))
    return body as OrderPreview
  }

  async finished(orderId: string): Promise<Order> {
    return until(async () => {
      const { body } = await this.get(`/orders/${orderId}`)
      return body.finishedAt === null ? undefined : (body as Order)
    })
  }

  async close(): Promise<void> {
    for (const agent of this.agents) agent.disconnect()
    await this.central.close()
    rmSync(this.dataDir, { recursive: true, force: true })
  }
}

/** Signed in as the administrator. Closed when the test ends. */
export async function openFleet(overrides: Partial<CentralOptions> = {}): Promise<Fleet> {
  const fleet = new Fleet(overrides)
  await fleet.start()
  onTestFinished(() => fleet.close())
  await fleet.signIn(overrides.adminPassword ?? fleet.central.firstPassword ?? ADMIN_PASSWORD)
  return fleet
}

/** Asks until there is an answer; fails after 5 s. */
export async function until<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + 5_000
  while (Date.now() < end) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  throw new Error(`waited 5 s in vain for ${ask.toString()}`)
}
