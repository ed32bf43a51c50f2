/** A real agent over a real folder, with everything it needs in one temporary place. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { loadAddon } from '../../../../native/addon.ts'
import { enroll } from '../../../../server/agent/enroll.ts'
import {
  type AgentOptions,
  type RunningAgent,
  startAgent,
} from '../../../../server/agent/start-agent.ts'
import { systemClock } from '../../../../server/shared/clock.ts'
import { createLogger } from '../../../../server/shared/logger.ts'
import { CALM } from '../../../support/calm-machine.ts'
import { FAST_LINK } from './fast-link.ts'
import { TestCentral, TOKEN } from './test-central.ts'
import { until } from './until.ts'

export interface Place {
  readonly base: string
  readonly stateDir: string
  readonly data: string
}

/** ext4 keeps a file's attributes in one block of 4 KiB; tmpfs takes streams of up to 64 KiB. */
export function aPlace(parent = tmpdir()): Place {
  const base = mkdtempSync(join(parent, 'ss-agent-'))
  onTestFinished(() => rmSync(base, { recursive: true, force: true }))
  const place = { base, stateDir: join(base, 'state'), data: join(base, 'data') }
  mkdirSync(place.data)
  return place
}

export async function aCentral(): Promise<TestCentral> {
  const central = await TestCentral.start()
  onTestFinished(() => central.stop())
  return central
}

export async function enrolled(place: Place, central: TestCentral): Promise<void> {
  const { stateDir, data } = place
  await enroll({ stateDir, serverUrl: central.url, token: TOKEN, scope: [data], exclude: [] })
}

export async function anAgent(
  place: Place,
  options: Partial<AgentOptions> = {},
): Promise<RunningAgent> {
  const agent = await startAgent({
    stateDir: place.stateDir,
    logger: createLogger('agent', process.env.TEST_LOG ?? 'silent'),
    clock: systemClock,
    addon: loadAddon(),
    linkTimings: FAST_LINK,
    readMachine: () => CALM,
    ...options,
  })
  let isClosed = false
  const close = agent.close
  const closeOnce = async () => {
    if (!isClosed) await close()
    isClosed = true
  }
  onTestFinished(closeOnce)
  return { ...agent, close: closeOnce }
}

/** Scans once more and waits for its end. */
export async function rescan(agent: RunningAgent): Promise<void> {
  await until(() => agent.status().scanning === null, 'the end of the scan before')
  const { scanId } = await post(agent, '/v1/scan', {}).then(
    ({ body }) => body as { scanId: string },
  )
  await until(() => agent.status().lastScan?.scanId === scanId, 'the end of the scan')
}

export async function firstScan(agent: RunningAgent): Promise<void> {
  await until(() => agent.status().lastScan !== null && agent.status().scanning === null)
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any
}

export function post(agent: RunningAgent, path: string, body: unknown): Promise<Answer> {
  return ask(agent.socketPath, 'POST', path, body)
}

export function get(agent: RunningAgent, path: string): Promise<Answer> {
  return ask(agent.socketPath, 'GET', path)
}

export function ask(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const asked = request({ socketPath, method, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) })
      })
    })
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
