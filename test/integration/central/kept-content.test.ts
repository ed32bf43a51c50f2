/** Small streams are kept at central, too: a machine that was installed anew gets back what orders took from it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { enroll } from '../../../server/agent/enroll.ts'
import { checkStores } from '../../../server/central/store/check-stores.ts'
import { ORDERS_FILE } from '../../../server/central/store/orders/open-orders.ts'
import type { Place } from '../agent/support/agent-fixture.ts'
import { writePolicy } from '../agent/support/policy.ts'
import { getStream, setStream } from '../agent/support/streams.ts'
import { runCli } from '../cli/run-cli.ts'
import { ADMIN_PASSWORD, type Fleet, openFleet, until } from './fleet.ts'
import { targetRows } from './order-making.ts'
import { aRealAgent, type RealAgent, startRealAgent } from './real-agent.ts'

const NAME = 'Zone.Identifier'
const MARK = '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://dl.vendor.example/setup.exe\r\n'
const REDUCED = '[ZoneTransfer]\r\nZoneId=3\r\n'
const ALLOWED = { actions: ['strip', 'reduce', 'restore', 'mark'], streams: ['*'] } as const

const markOf = (path: string) => getStream(path, NAME)?.toString() ?? null
const keptOf = async (fleet: Fleet) => (await fleet.get('/orders/kept-content')).body
/** In the file, its free pages and its WAL. */
const isInOrders = ({ dataDir }: Fleet, content: string) =>
  [ORDERS_FILE, `${ORDERS_FILE}-wal`].some((name) =>
    readFileSync(join(dataDir, name)).includes(content),
  )
const outcomeOf = async (fleet: Fleet, orderId: string) => (await targetRows(fleet, orderId))[0]!

async function aMarkedMachine(fleet: Fleet, content = MARK) {
  let path = ''
  const agent = await aRealAgent(fleet, 'PC-1', (place) => {
    writePolicy(place, { ...ALLOWED, actions: [...ALLOWED.actions], streams: [...ALLOWED.streams] })
    path = join(place.data, 'setup.exe')
    writeFileSync(path, 'MZ')
    setStream(path, NAME, content)
  })
  const [row] = await until(async () => {
    const { streams } = await fleet.search('')
    return streams[0]?.isStrippable ? streams : undefined
  })
  return { agent, path, row: row! }
}

async function ordered(fleet: Fleet, action: string, streamId: number): Promise<string> {
  const { previewId } = await fleet.preview({ action, selection: { streamIds: [streamId] } })
  const order = { previewId, confirmCount: 1, reason: 'to try it' }
  const { orderId } = (await fleet.post('/orders', order)).body
  await fleet.finished(orderId)
  return orderId
}

async function undone(fleet: Fleet, orderId: string) {
  const undo = { confirmCount: 1, reason: 'back again' }
  const { body } = await fleet.post(`/orders/${orderId}/undo`, undo)
  await fleet.finished(body.orderId)
  return outcomeOf(fleet, body.orderId)
}

/** Nothing is left of the agent but the name of its machine. */
async function installedAnew(
  fleet: Fleet,
  { close, place, machineId }: RealAgent,
  policy: object = ALLOWED,
): Promise<RealAgent> {
  await close()
  await until(async () => {
    const { machines } = (await fleet.get('/machines')).body
    return machines.every(({ isOnline }: { isOnline: boolean }) => !isOnline)
  })
  return joinedAnew(fleet, place, machineId, policy)
}

async function joinedAnew(fleet: Fleet, place: Place, machineId: string, policy: object = ALLOWED) {
  const { stateDir, data } = place
  rmSync(stateDir, { recursive: true })
  const { token } = (await fleet.post('/enrolments', { uses: 1, takesBack: true })).body
  const more = { token, scope: [data], exclude: [], name: 'PC-1' }
  const again = await enroll({ stateDir, serverUrl: fleet.central.url, ...more })
  expect(again.machineId).toBe(machineId)
  writePolicy(place, policy)
  return startRealAgent(place)
}

describe('a machine that was installed anew', () => {
  it.each([
    ['strip', null],
    ['reduce', REDUCED],
  ])('gets back to the byte what a %s took', async (action, left) => {
    const fleet = await openFleet()
    const { agent, path, row } = await aMarkedMachine(fleet)
    const orderId = await ordered(fleet, action, row.streamId)
    expect(markOf(path)).toBe(left)
    expect(await keptOf(fleet)).toMatchObject({ streams: 1, bytes: MARK.length })
    await installedAnew(fleet, agent)
    expect(await undone(fleet, orderId)).toMatchObject({ state: 'done' })
    expect(markOf(path)).toBe(MARK)
    const faults = [...checkStores(fleet.dataDir)].flatMap((check) => check.faults)
    expect(faults).toEqual([])
  })

  it('refuses what is not what the order names, and says so', async () => {
    const fleet = await openFleet()
    const { agent, path, row } = await aMarkedMachine(fleet)
    const orderId = await ordered(fleet, 'strip', row.streamId)
    await agent.close()
    await fleet.central.close()
    const orders = new SqliteDatabase(join(fleet.dataDir, ORDERS_FILE))
    orders
      .prepare('UPDATE kept_content SET bytes = ?')
      .run(Buffer.from(MARK.replace('ZoneId=3', 'ZoneId=0')))
    orders.close()
    await fleet.start()
    await joinedAnew(fleet, agent.place, agent.machineId)
    const { state, reason } = await undone(fleet, orderId)
    expect([state, markOf(path)]).toEqual(['refused', null])
    expect(reason).toBe('What central sent is not what the order names; nothing was written.')
  })

  it.each([
    ['is another mark', MARK.replace('vendor', 'other')],
    // A copy that only begins like it could be made of it by adding to it.
    ['only begins like it', `${REDUCED}HostUrl=https://dl`],
  ])('leaves alone what by then %s', async (_, other) => {
    const fleet = await openFleet()
    const { agent, path, row } = await aMarkedMachine(fleet)
    const orderId = await ordered(fleet, 'reduce', row.streamId)
    setStream(path, NAME, other)
    await installedAnew(fleet, agent)
    expect(await undone(fleet, orderId)).toMatchObject({ state: 'changed' })
    expect(markOf(path)).toBe(other)
  })

  it.each([
    ['put back', { actions: ['strip'], streams: ['*'] }, '(actions)'],
    ['changed', { actions: ['strip', 'restore'], streams: ['other'] }, '(streams)'],
  ])('refuses it where its policy lets no such stream be %s', async (_, policy, rule) => {
    const fleet = await openFleet()
    const { agent, path, row } = await aMarkedMachine(fleet)
    const orderId = await ordered(fleet, 'strip', row.streamId)
    await installedAnew(fleet, agent, policy)
    const { state, reason } = await undone(fleet, orderId)
    expect([state, markOf(path)]).toEqual(['refused', null])
    expect(reason).toContain(rule)
  })
})

describe('what is kept', () => {
  it('is read by who may read content, and that is on record', async () => {
    const fleet = await openFleet()
    const { row } = await aMarkedMachine(fleet)
    const orderId = await ordered(fleet, 'strip', row.streamId)
    const { targetId } = await outcomeOf(fleet, orderId)
    const path = `/orders/${orderId}/targets/${targetId}/content`
    const { body } = await fleet.get(path)
    expect(Buffer.from(body.contentBase64, 'base64').toString()).toBe(MARK)
    expect(body).toMatchObject({ sizeBytes: MARK.length, sha256: row.sha256 })
    const [entry] = (await fleet.get('/audit?limit=1')).body.entries
    expect(entry).toMatchObject({ action: 'content.read', actor: 'admin', subject: targetId })
    const viewer = { username: 'vera', password: 'a long enough password', role: 'viewer' }
    await fleet.post('/users', viewer)
    await fleet.post('/session', viewer)
    const { username, password } = viewer
    const session = await fleet.post('/session', { username, password })
    const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!
    const denied = await fleet.call('GET', `/api/v1${path}`, undefined, { cookie })
    expect(denied.body.code).toBe('NOT_PERMITTED')
  })

  it('is nothing where it is turned off, and what was kept is forgotten', async () => {
    const fleet = await openFleet()
    const { agent, path, row } = await aMarkedMachine(fleet)
    const orderId = await ordered(fleet, 'strip', row.streamId)
    const off = { maxStreamBytes: 0, maxDays: 365, maxBytes: 1_000_000 }
    const answer = await fleet.call('PUT', '/api/v1/orders/kept-content', off)
    expect(answer.body).toMatchObject({ policy: off })
    await until(async () => (await keptOf(fleet)).streams === 0)
    const [entry] = (await fleet.get('/audit?limit=1')).body.entries
    expect(entry).toMatchObject({ action: 'kept-content.changed', details: off })
    await undone(fleet, orderId)
    expect(markOf(path)).toBe(MARK)
    const [again] = await until(async () => {
      const { streams } = await fleet.search('')
      return streams.length === 1 ? streams : undefined
    })
    const second = await ordered(fleet, 'strip', again!.streamId)
    expect((await outcomeOf(fleet, second)).state).toBe('done')
    expect(await keptOf(fleet)).toMatchObject({ streams: 0, bytes: 0 })
    await installedAnew(fleet, agent)
    expect(await undone(fleet, second)).toMatchObject({ state: 'refused' })
  })

  it('leaves no byte of itself in the files once it is forgotten', async () => {
    const fleet = await openFleet()
    const { row } = await aMarkedMachine(fleet)
    await ordered(fleet, 'strip', row.streamId)
    expect(isInOrders(fleet, MARK)).toBe(true)
    const off = { maxStreamBytes: 0, maxDays: 365, maxBytes: 1_000_000 }
    await fleet.call('PUT', '/api/v1/orders/kept-content', off)
    await until(async () => !isInOrders(fleet, MARK))
  })

  it('is shown and limited from the command line, where what is not named stays', async () => {
    const fleet = await openFleet()
    const { row } = await aMarkedMachine(fleet)
    await ordered(fleet, 'strip', row.streamId)
    const run = async (...args: string[]) => {
      const access = { SIDESTREAM_CENTRAL: fleet.central.url, SIDESTREAM_PASSWORD: ADMIN_PASSWORD }
      const env = { ...process.env, ...access }
      return runCli(['central', 'kept-content', ...args], { env })
    }
    expect((await run('show')).stdout).toBe(
      `kept now    1 stream, ${MARK.length} B\nis to keep  streams up to 4.0 KiB, for 365 days, 1.0 GiB in all\n`,
    )
    const fewer = await run('set', '--days', '30', '--format', 'json')
    expect(JSON.parse(fewer.stdout).policy).toEqual({
      maxStreamBytes: 4_096,
      maxDays: 30,
      maxBytes: 2 ** 30,
    })
    expect((await run('set', '--stream-bytes', '0')).stdout).toContain('is to keep  nothing')
    expect((await keptOf(fleet)).policy).toEqual({
      maxStreamBytes: 0,
      maxDays: 30,
      maxBytes: 2 ** 30,
    })
    await until(async () => (await keptOf(fleet)).streams === 0)
    const nothing = await run('set')
    expect([nothing.exitCode, nothing.stderr]).toEqual([2, expect.stringContaining('--days')])
    const much = await run('set', '--stream-bytes', '5000')
    expect([much.exitCode, much.stderr]).toEqual([1, expect.stringContaining('<= 4096')])
  }, 60_000)

  it('goes when it is too old', async () => {
    const fleet = await openFleet()
    const { row } = await aMarkedMachine(fleet)
    const orderId = await ordered(fleet, 'strip', row.streamId)
    const { targetId } = await outcomeOf(fleet, orderId)
    fleet.clock.moveBy(366 * 86_400_000)
    await fleet.signIn()
    await until(async () => (await keptOf(fleet)).streams === 0)
    const { body } = await fleet.get(`/orders/${orderId}/targets/${targetId}/content`)
    expect(body.code).toBe('CONTENT_NOT_KEPT')
  })

  it('is no stream that is larger than agents are asked for', async () => {
    const fleet = await openFleet()
    const content = `${MARK}ReferrerUrl=https://example.com/${'x'.repeat(5_000)}\r\n`
    const { path, row } = await aMarkedMachine(fleet, content)
    const orderId = await ordered(fleet, 'strip', row.streamId)
    expect(await keptOf(fleet)).toMatchObject({ streams: 0 })
    expect(await undone(fleet, orderId)).toMatchObject({ state: 'done' })
    expect(markOf(path)).toBe(content)
  })
})
