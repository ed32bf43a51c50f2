import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { auditOfFolder } from '../../../server/central/care.ts'
import { openStores } from '../../../server/central/store/stores.ts'
import { checkAuditChain } from '../../../server/shared/audit-chain.ts'
import { ADMIN_PASSWORD } from './fleet.ts'
import { streams, TestAgent } from './test-agent.ts'

const CHILD = new URL('./central-child.ts', import.meta.url)

interface Child {
  url: string
  kill(): Promise<void>
}

async function startChild(dataDir: string): Promise<Child> {
  const child = spawn(process.execPath, [CHILD.pathname, dataDir, ADMIN_PASSWORD], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(kill)
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()))
    child.once('exit', (code) => reject(new Error(`central ended with ${code}`)))
  })
  return { url, kill }
}

async function enrolmentToken(url: string): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const credentials = JSON.stringify({ username: 'admin', password: ADMIN_PASSWORD })
  const session = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers,
    body: credentials,
  })
  const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!
  const enrolment = await fetch(`${url}/api/v1/enrolments`, {
    method: 'POST',
    headers: { ...headers, cookie },
    body: '{}',
  })
  return ((await enrolment.json()) as { token: string }).token
}

it('whatever central acknowledged is there after it was killed in the middle of a burst', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sidestream-kill-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const central = await startChild(dataDir)
  const agent = new TestAgent('PC-1')
  await agent.enrol(central.url, await enrolmentToken(central.url))
  await agent.connect(central.url)

  const all = streams(300)
  for (const each of all) agent.delta([each])
  await agent.next('inventory.ack')
  while ((await agent.next('inventory.ack')).sequence < 60);
  await central.kill()
  await agent.closed()
  const acknowledged = agent.frames
    .filter((frame) => frame.type === 'inventory.ack')
    .reduce((newest, frame) => Math.max(newest, frame.sequence), 60)

  const stores = await openStores(dataDir)
  const filter = { query: { kind: 'all' }, presence: 'live' } as const
  const { streams: kept } = await stores.inventory.page(filter, { limit: 1000 })
  const paths = new Set(kept.map((row) => row.path))
  for (const each of all.slice(0, acknowledged)) expect(paths).toContain(each.path)
  expect(stores.inventory.held(agent.machineId)!.counts.streams).toBe(kept.length)
  await stores.close()
  expect(checkAuditChain(() => auditOfFolder(dataDir)).fault).toBe(null)
})
