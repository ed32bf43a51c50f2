import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CentralClient } from '../../scripts/lib/central-client.ts'
import { waitFor } from '../../scripts/lib/wait-for.ts'
import { startCentral } from '../../server/central/start-central.ts'
import type { AgentStatus } from '../../server/protocol/agent-api.ts'
import type { Order } from '../../server/protocol/api/orders.ts'
import { systemClock } from '../../server/shared/clock.ts'
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.ts'
import { carrierState } from './support/carrier-state.ts'
import { MARK } from './support/fixture.ts'
import {
  openVolume,
  SETUP_MS,
  startWindowsCli,
  type WindowsVolume,
  windowsCli,
  windowsPath,
} from './support/windows.ts'

const PASSWORD = 'a password for tests only'

let volume: WindowsVolume
let folder: string
let central: Awaited<ReturnType<typeof startCentral>>
let client: CentralClient
let agent: ChildProcess
let state: string
let marked: string

beforeAll(async () => {
  volume = openVolume(16)
  marked = join(volume.folder, 'setup.exe')
  writeFileSync(marked, 'MZ')
  writeFileSync(`${marked}:Zone.Identifier`, MARK)
  folder = makeTempFolder()
  central = await startCentral({
    dataDir: join(folder, 'central'),
    host: '127.0.0.1',
    port: 0,
    adminPassword: PASSWORD,
    logger: pino({ level: 'silent' }),
    clock: systemClock,
    scanEverySeconds: 600,
  })
  client = new CentralClient(central.url)
  await client.signIn('admin', PASSWORD)
  const { token } = await client.createEnrolment(1)
  state = windowsPath(join(folder, 'agent'))
  // Not waited for by blocking: central runs in this process.
  const enrolment = startWindowsCli([
    ...['agent', 'enroll', '--server', central.url, '--token', token, '--name', 'WINDOWS-PC'],
    ...['--state', state, '--scope', volume.drive],
  ])
  expect(await once(enrolment, 'exit')).toEqual([0, null])
  agent = startWindowsCli(['agent', 'run', '--state', state])
}, SETUP_MS)

afterAll(async () => {
  if (agent !== undefined && agent.exitCode === null) {
    agent.kill('SIGTERM')
    await once(agent, 'exit')
  }
  await central?.close()
  volume.remove()
  removeTempFolder(folder)
})

const finished = (order: Order) =>
  waitFor('the order to finish', async () => {
    const now = await client.order(order.orderId)
    return now.state === 'finished' ? now.counts : undefined
  })

describe('an agent on Windows', () => {
  it('reports a volume’s streams to central', async () => {
    const { streams } = await waitFor('the first scan', async () => {
      const page = await client.search('machine:WINDOWS-PC')
      return page.total > 0 ? page : undefined
    })
    expect(streams.map(({ path, stream, origin }) => [path, stream, origin?.id])).toEqual([
      ['setup.exe', 'Zone.Identifier', 3],
    ])
  })

  it('answers the command line over its named pipe', () => {
    const { status, stdout } = windowsCli(['agent', 'status', '--state', state, '--format', 'json'])
    expect(status).toBe(0)
    const answer = JSON.parse(stdout) as AgentStatus
    expect(answer.volumes).toMatchObject([
      { root: volume.drive, provider: 'mft', isWritable: true },
    ])
  })

  it('strips and restores by order from central, and the file stays as it was', async () => {
    const before = carrierState(marked)
    const { streams } = await client.search('machine:WINDOWS-PC stream:Zone.Identifier')
    const ids = streams.map(({ streamId }) => streamId)
    const order = await client.strip(ids, ids.length, 'our own installer')
    expect(await finished(order)).toEqual({ done: 1 })
    expect(() => readFileSync(`${marked}:Zone.Identifier`)).toThrow('ENOENT')
    expect(carrierState(marked)).toEqual(before)

    expect(await finished(await client.undo(order.orderId, 1, 'wanted after all'))).toEqual({
      done: 1,
    })
    volume.unmount()
    volume.remount()
    expect(readFileSync(`${marked}:Zone.Identifier`, 'utf8')).toBe(MARK)
    expect(carrierState(marked)).toEqual(before)
  })
})
