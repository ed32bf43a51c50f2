import { generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { CLOSE_CODES } from '../../../server/protocol/close-codes.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import { bucketOf } from '../../../server/shared/inventory-buckets.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import { inventoryOf, keyOf, stream, streams, TestAgent } from './test-agent.ts'

describe('enrolment', () => {
  it('makes a machine that says hello, reports, is acknowledged, and is found', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent('PC-1')
    await agent.report([stream()])
    const page = await fleet.search('zone:3 host:*.example.com ext:exe')
    expect(page.total).toBe(1)
    expect(page.streams[0]).toMatchObject({ ...stream(), hostname: 'PC-1', goneAt: null })
    const { machines } = (await fleet.get('/machines')).body
    expect(machines).toMatchObject([
      { hostname: 'PC-1', isOnline: true, streamCount: 1, markCount: 1 },
    ])
  })

  it('refuses unknown, used up and expired tokens with one and the same answer', async () => {
    const fleet = await openFleet()
    const [used, expired] = [await fleet.token(), await fleet.token()]
    expect((await new TestAgent('A').enrol(fleet.central.url, used)).status).toBe(200)
    const answers = [
      await new TestAgent('B').enrol(fleet.central.url, used),
      await new TestAgent('C').enrol(fleet.central.url, 'no-such-token-at-all'),
    ]
    fleet.clock.moveBy(25 * 60 * 60 * 1000)
    answers.push(await new TestAgent('D').enrol(fleet.central.url, expired))
    for (const answer of answers) {
      expect(answer).toEqual(answers[0])
      expect(answer).toMatchObject({ status: 401, body: { code: 'ENROLMENT_REFUSED' } })
    }
    await fleet.signIn()
    expect((await fleet.get('/machines')).body.machines).toHaveLength(1)
  })

  it('admits as many machines as a token has uses, and no more at the same time', async () => {
    const fleet = await openFleet()
    const token = await fleet.token(3)
    const tries = Array.from({ length: 6 }, (_, n) =>
      new TestAgent(`PC-${n}`).enrol(fleet.central.url, token),
    )
    const statuses = (await Promise.all(tries)).map((answer) => answer.status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(3)
  })

  it('gives an agent that lost the reply the same machine again, at no further use', async () => {
    const fleet = await openFleet()
    const token = await fleet.token(1)
    const agent = new TestAgent('PC-1')
    await agent.enrol(fleet.central.url, token)
    const first = agent.machineId
    expect((await agent.enrol(fleet.central.url, token)).status).toBe(200)
    expect(agent.machineId).toBe(first)
  })

  it('refuses a key that is not Ed25519 and keeps the token', async () => {
    const fleet = await openFleet()
    const token = await fleet.token(1)
    const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .publicKey.export({ format: 'der', type: 'spki' })
      .toString('base64')
    const agent = new TestAgent('PC-1')
    const body = { token, publicKey, facts: agent.facts }
    expect((await fleet.call('POST', '/agent/v1/enrol', body)).status).toBe(400)
    expect((await agent.enrol(fleet.central.url, token)).status).toBe(200)
  })
})

describe('hello', () => {
  it('is refused when another key signed it', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const thief = new TestAgent('PC-1')
    const nonce = await thief.open(fleet.central.url)
    thief.hello(nonce, { machineId: agent.machineId })
    expect(await thief.closed()).toBe(CLOSE_CODES.badSignature.code)
    expect(agent.closeCode).toBe(null)
  })

  it('is refused when it was signed for another connection', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const overheard = await agent.open(fleet.central.url)
    const thief = new TestAgent('PC-1')
    await thief.open(fleet.central.url)
    thief.hello(overheard, { machineId: agent.machineId, signWith: agent.keys.privateKey })
    expect(await thief.closed()).toBe(CLOSE_CODES.badSignature.code)
  })

  it('is refused for a machine that is not enrolled, and for a protocol of the future', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    agent.hello(await agent.open(fleet.central.url), {
      machineId: '00000000-0000-4000-8000-00000000dead',
    })
    expect(await agent.closed()).toBe(CLOSE_CODES.unknownMachine.code)
    agent.hello(await agent.open(fleet.central.url), { protocol: 99 })
    expect(await agent.closed()).toBe(CLOSE_CODES.unsupportedProtocol.code)
  })

  it('has to come in time', async () => {
    const fleet = await openFleet({ timing: { helloTimeoutMs: 50 } })
    const agent = new TestAgent('PC-1')
    await agent.open(fleet.central.url)
    expect(await agent.closed()).toBe(CLOSE_CODES.helloTimeout.code)
  })

  it('has to come first', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.open(fleet.central.url)
    agent.delta([stream()])
    expect(await agent.closed()).toBe(CLOSE_CODES.badFrame.code)
    expect((await fleet.search('')).total).toBe(0)
  })

  it('of the same machine again replaces the older connection, which stays online', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const older = agent.socket
    const olderClosed = new Promise((resolve) => older.on('close', resolve))
    await agent.connect(fleet.central.url)
    expect(await olderClosed).toBe(CLOSE_CODES.replaced.code)
    await agent.report([stream()])
    expect((await fleet.get('/machines')).body.machines[0].isOnline).toBe(true)
    agent.disconnect()
    await until(async () => !(await fleet.get('/machines')).body.machines[0].isOnline)
  })

  it('is told up to where its deltas are stored, and what central holds then', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const all = streams(3)
    await agent.report(all.slice(0, 2))
    await agent.report([all[2]!])
    const { resume } = await agent.connect(fleet.central.url)
    expect(resume).toEqual({ epoch: agent.epoch, sequence: 2, ...inventoryOf(all) })
    const other = await agent.connect(fleet.central.url, { epoch: 'f'.repeat(32) })
    expect(other.resume).toEqual({ epoch: 'f'.repeat(32), sequence: 0, ...inventoryOf(all) })
  })
})

describe('frames', () => {
  it('that do not fit the protocol close that agent only', async () => {
    const fleet = await openFleet()
    const [bad, good] = [await fleet.agent('BAD'), await fleet.agent('GOOD')]
    bad.delta([{ stream: '' } as never])
    expect(await bad.closed()).toBe(CLOSE_CODES.badFrame.code)
    await good.report([stream()])
    expect((await fleet.search('')).total).toBe(1)
  })

  it('that claim to decompress to more than a frame may have are refused', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    agent.send({ type: 'scan.progress', padding: 'x'.repeat(17 * 1024 * 1024) })
    expect(await agent.closed()).toBe(CLOSE_CODES.badFrame.code)
  })

  it('with the unnamed stream never get in', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    agent.delta([stream({ stream: '' })])
    expect(await agent.closed()).toBe(CLOSE_CODES.badFrame.code)
    expect((await fleet.search('')).total).toBe(0)
  })

  it('of a burst are all taken, one after the other, and acknowledged in order', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    for (const each of streams(40)) agent.delta([each])
    for (let sequence = 1; sequence <= 40; sequence += 1) {
      expect((await agent.next('inventory.ack')).sequence).toBe(sequence)
    }
    expect((await fleet.search('')).total).toBe(40)
  })

  it('sent twice change nothing the second time, and are acknowledged again', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const all = streams(3)
    await agent.report(all, { sequence: 1 })
    await agent.report(all, { sequence: 1 })
    await agent.report([], { sequence: 2, gone: [keyOf(all[0]!)] })
    await agent.report([], { sequence: 2, gone: [keyOf(all[0]!)] })
    const welcome = await agent.connect(fleet.central.url)
    expect(welcome.resume).toMatchObject(inventoryOf(all.slice(1)))
    expect((await fleet.search('', '&gone=true')).total).toBe(3)
  })

  it('are not acknowledged, nor kept in part, when they cannot be stored', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const other = new Database(join(fleet.dataDir, 'inventory.sqlite'))
    onTestFinished(() => void other.close())
    other.exec(`CREATE TRIGGER disk_trouble BEFORE INSERT ON file_name WHEN NEW.name = 'file-1.exe'
      BEGIN SELECT RAISE (ABORT, 'disk trouble'); END`)
    agent.delta(streams(2))
    expect(await agent.closed()).toBe(CLOSE_CODES.inventoryUnavailable.code)
    expect(agent.frames.filter((frame) => frame.type === 'inventory.ack')).toEqual([])
    expect((await fleet.search('')).total).toBe(0)
    other.exec('DROP TRIGGER disk_trouble')
    expect((await agent.connect(fleet.central.url)).resume).toMatchObject(inventoryOf([]))
    await agent.report(streams(2))
    expect((await fleet.search('')).total).toBe(2)
  })

  it('of one machine never touch the inventory of another', async () => {
    const fleet = await openFleet()
    const [a, b] = [await fleet.agent('A'), await fleet.agent('B')]
    await a.report([stream()])
    await b.report([stream({ verdict: 'unknown' })])
    await b.report([], { gone: [keyOf(stream())] })
    await b.report([], { resync: { id: 'r1', isLast: true } })
    expect((await fleet.search('')).streams).toMatchObject([{ hostname: 'A', verdict: 'mark' }])
  })
})

describe('the flow', () => {
  it('is told by a window, and an acknowledgement is for all before it', async () => {
    const fleet = await openFleet()
    const agent = new TestAgent('PC-1')
    fleet.agents.push(agent)
    await agent.enrol(fleet.central.url, await fleet.token())
    expect((await agent.connect(fleet.central.url)).window).toBe(4)
    agent.delta([stream()])
    expect(await agent.next('inventory.ack')).toMatchObject({ sequence: 1, window: 4 })
  })

  it('sends agents away that come too many at once, saying when to come back', async () => {
    const hellos = { perSecond: 0.01, burst: 2 }
    const fleet = await openFleet({ linkLimits: { hellos } })
    for (let i = 0; i < 2; i++) await new TestAgent('PC').open(fleet.central.url)
    const refused = await upgrade(fleet.central.url)
    expect(refused.statusCode).toBe(503)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await fleet.call('GET', '/metrics')).body).toMatch(/link_hellos_refused 1/)
  })

  it('spreads the scans that are due over the turns that there are', async () => {
    const scans = { perSecond: 0.1, burst: 1 }
    const fleet = await openFleet({ linkLimits: { scans } })
    const turns: number[] = []
    for (const name of ['A', 'B', 'C']) {
      const agent = await fleet.agent(name)
      const welcome = await agent.connect(fleet.central.url, { isScanDue: true })
      turns.push(Math.round(welcome.scanAfterSeconds))
    }
    expect(turns).toEqual([0, 10, 20])
  })

  it('is slowed for an agent that floods, and for nobody else', async () => {
    const meter = { framesPerSecond: 20, bytesPerSecond: 1024 * 1024 }
    const fleet = await openFleet({ linkLimits: { meter } })
    const [flood, good] = [await fleet.agent('FLOOD'), await fleet.agent('GOOD')]
    for (let i = 0; i < 3_000; i++) flood.delta([stream()], { sequence: i + 1 })
    const startedMs = performance.now()
    for (let i = 0; i < 5; i++) await good.report(streams(1, { sizeBytes: i }))
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    const acks = flood.frames.filter((frame) => frame.type === 'inventory.ack')
    expect(acks.length).toBeLessThan(400)
  })

  it('ends for an agent that gives no sign of life', async () => {
    const fleet = await openFleet({ timing: { pingEveryMs: 100 } })
    const [silent, alive] = [await fleet.agent('SILENT'), await fleet.agent('ALIVE')]
    const pings = setInterval(() => alive.socket.ping(), 50)
    onTestFinished(() => clearInterval(pings))
    expect(await silent.closed()).toBe(1006)
    expect(alive.closeCode).toBe(null)
  })

  it('ends with a goodbye that says when to come back', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const older = [...agent.frames]
    agent.send({ type: 'scan.progress' })
    expect(await agent.closed()).toBe(CLOSE_CODES.badFrame.code)
    expect(older).toEqual([])
    const goodbye = await agent.frames.find((frame) => frame.type === 'goodbye')
    expect(goodbye).toMatchObject({ retryAfterSeconds: expect.any(Number) })
  })
})

describe('a comparison', () => {
  it('shows which buckets differ, and a resync of these leaves all others alone', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const all = streams(64)
    await agent.report(all)
    const { digests } = await compare(agent, fleet, 8)
    expect(digests).toEqual(
      Array.from({ length: 8 }, (_, bucket) => inventoryOf(inBucket(all, 8, bucket)).digest),
    )
    // The agent holds only the first of bucket 3; of the other buckets it says nothing.
    const [kept, ...gone] = inBucket(all, 8, 3)
    const buckets = { count: 8, numbers: [3] }
    await agent.report([kept!], { resync: { id: 'r1', isLast: true, buckets } })
    expect((await fleet.search('')).total).toBe(64 - gone.length)
    expect(gone.length).toBeGreaterThan(0)
  })

  it('is made once in a connection', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await compare(agent, fleet, 4)
    agent.send({ type: 'inventory.compare', bucketCount: 4 })
    expect(await agent.closed()).toBe(CLOSE_CODES.badFrame.code)
  })
})

async function compare(agent: TestAgent, fleet: Fleet, bucketCount: number) {
  await agent.connect(fleet.central.url)
  agent.send({ type: 'inventory.compare', bucketCount })
  return agent.next('inventory.buckets')
}

function inBucket(all: ReportedStream[], count: number, bucket: number): ReportedStream[] {
  return all.filter((each) => bucketOf(each, count) === bucket)
}

/** The answer to a WebSocket handshake that is refused. */
function upgrade(url: string): Promise<IncomingMessage> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/agent/v1`)
    socket.on('unexpected-response', (request, response) => {
      resolve(response)
      request.destroy()
    })
    socket.on('error', () => undefined)
  })
}

describe('the inventory', () => {
  it('gives names and paths with unpaired surrogates back as they were', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const path = 'C:\\\ud800odd\\b\udfff.exe'
    const odd = stream({ stream: 'x\udc00y', path, links: [path, 'C:\\second\ud801'] })
    await agent.report([odd])
    const [row] = (await fleet.search('')).streams
    expect(row).toMatchObject(odd)
    expect((await fleet.get(`/streams/${row!.streamId}`)).body).toMatchObject(odd)
    const lines = (await fleet.get('/streams/export?format=ndjson')).body as string
    expect(JSON.parse(lines)).toMatchObject(odd)
    const welcome = await agent.connect(fleet.central.url)
    expect(welcome.resume).toMatchObject(inventoryOf([odd]))
  })

  it('keeps two names apart that differ only in an unpaired surrogate', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report([stream({ stream: 'x\ud800' }), stream({ stream: 'x\ud801' })])
    expect((await fleet.search('')).total).toBe(2)
  })

  it('takes for gone after a resync what was not named in it, and nothing else', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const all = streams(4)
    await agent.report(all)
    await agent.report([all[0]!], { resync: { id: 'r1', isLast: false } })
    expect((await fleet.search('')).total).toBe(4)
    await agent.report([all[2]!]) // changes go on while everything is sent again
    await agent.report([all[1]!], { resync: { id: 'r1', isLast: true } })
    const live = (await fleet.search('')).streams.map((row) => row.path).sort()
    expect(live).toEqual(all.slice(0, 3).map((each) => each.path))
    const late = streams(5)[4]!
    await agent.report([late])
    await agent.report([all[1]!], { resync: { id: 'r1', isLast: true } }) // a repeat of the last
    expect((await fleet.search('')).total).toBe(4)
  })

  it('begins a resync anew under a new id: what only the older one named is gone', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const all = streams(2)
    await agent.report(all, { resync: { id: 'r1', isLast: false } })
    await agent.report([all[1]!], { resync: { id: 'r2', isLast: true } })
    expect((await fleet.search('')).total).toBe(1)
    const welcome = await agent.connect(fleet.central.url)
    expect(welcome.resume).toMatchObject(inventoryOf([all[1]!]))
  })

  it('shows a stream that came back as the same one, not gone any more', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report([stream()])
    const [before] = (await fleet.search('')).streams
    await agent.report([], { gone: [keyOf(stream())] })
    expect((await fleet.search('')).total).toBe(0)
    const [gone] = (await fleet.search('', '&gone=only')).streams
    expect(gone!.goneAt).not.toBe(null)
    await agent.report([stream({ verdict: 'suspicious' })])
    const [after] = (await fleet.search('')).streams
    expect(after).toMatchObject({ streamId: before!.streamId, goneAt: null, verdict: 'suspicious' })
    expect(after!.firstSeenAt).toBe(before!.firstSeenAt)
    const [machine] = (await fleet.get('/machines')).body.machines
    expect(machine).toMatchObject({ streamCount: 1, markCount: 0, suspiciousCount: 1 })
  })

  it('takes a complete scan for having seen every stream of its volumes again', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report([stream()])
    const [before] = (await fleet.search('')).streams
    fleet.clock.moveBy(60_000)
    agent.finishScan()
    const later = await until(async () => {
      const [row] = (await fleet.search('')).streams
      return row!.lastSeenAt > before!.lastSeenAt ? row : undefined
    })
    expect(later.isStrippable).toBe(true)
    const detail = (await fleet.get(`/machines/${agent.machineId}`)).body
    expect(detail).toMatchObject({
      machine: { lastScanState: 'complete' },
      lastScan: { carriersSeen: 10 },
    })
  })
})
