/** What central asks of agents for a person, and what it tells consoles unasked. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type Fleet, openFleet, until } from './fleet.ts'
import { stream, streams } from './test-agent.ts'

describe('agents are asked', () => {
  it('for content, which is checked, given on and put into the audit log', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report([stream()])
    const [row] = (await fleet.search('')).streams
    const reply = { sizeBytes: 4, sha256: null, offset: 0, contentBase64: 'QUJDRA==' }
    agent.answer = () => ({ status: 200, body: reply })
    const answer = await fleet.get(`/streams/${row!.streamId}/content?length=10`)
    expect(answer.body).toEqual(reply)
    const { volumeId, identity, path } = stream()
    const asked = { volumeId, identity, path, stream: 'Zone.Identifier', offset: 0, length: 10 }
    expect(agent.requests[0]).toMatchObject({ method: 'POST', path: '/v1/read', body: asked })
    expect((await fleet.get('/audit')).body.entries[0]).toMatchObject({
      action: 'content.read',
      actor: 'admin',
    })
  })

  it('and what they answer never passes for an answer of central', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report([stream()])
    const path = `/streams/${(await fleet.search('')).streams[0]!.streamId}/content`
    agent.answer = () => ({ status: 401, body: { code: 'NOT_SIGNED_IN', message: 'sign in' } })
    expect(await fleet.get(path)).toMatchObject({ status: 409, body: { code: 'AGENT_REFUSED' } })
    agent.answer = () => ({ status: 200, body: { contentBase64: '<script>' } })
    expect(await fleet.get(path)).toMatchObject({
      status: 502,
      body: { code: 'AGENT_ANSWER_INVALID' },
    })
    agent.answer = () => {
      agent.disconnect()
      return undefined
    }
    expect(await fleet.get(path)).toMatchObject({ status: 409, body: { code: 'MACHINE_OFFLINE' } })
    expect(await fleet.get(path)).toMatchObject({ status: 409, body: { code: 'MACHINE_OFFLINE' } })
  })

  it('to scan, and the console sees how far they are', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const scanId = '00000000-0000-4000-8000-00000000000a'
    agent.answer = () => ({ status: 200, body: { scanId, isNew: true } })
    const started = await fleet.post(`/machines/${agent.machineId}/scan`, {})
    expect(started).toMatchObject({ status: 200, body: { scanId, isNew: true } })
    const progress = {
      scanId,
      carriersSeen: 5,
      streamsFound: 1,
      unreadableCount: 0,
      fractionDone: 0.5,
    }
    agent.send({ type: 'scan.progress', ...progress })
    const detail = async () => (await fleet.get(`/machines/${agent.machineId}`)).body
    await until(async () => (await detail()).scanning?.carriersSeen === 5)
    agent.finishScan({ scanId, state: 'incomplete', unreadableCount: 2 })
    const after = await until(async () => {
      const now = await detail()
      return now.scanning === null ? now : undefined
    })
    expect(after.machine).toMatchObject({ lastScanState: 'incomplete', unreadableCount: 2 })
    expect((await fleet.get('/audit')).body.entries[0].action).toBe('scan.requested')
  })
})

describe('events', () => {
  const watch = (fleet: Fleet, headers: Record<string, string>) => {
    const socket = new WebSocket(`${fleet.central.url.replace('http', 'ws')}/api/v1/events`, {
      headers,
    })
    const events: { type: string }[] = []
    socket.on('message', (data) => events.push(JSON.parse(data.toString())))
    const opened = new Promise<number>((resolve) => {
      socket.on('open', () => resolve(101))
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
      socket.on('error', () => {})
    })
    onTestFinished(() => socket.terminate())
    return { socket, events, opened }
  }

  it('come to a signed-in console of our own origin only', async () => {
    const fleet = await openFleet()
    const origin = fleet.central.url
    expect(await watch(fleet, {}).opened).toBe(401)
    expect(await watch(fleet, { origin }).opened).toBe(401)
    const evil = watch(fleet, { cookie: fleet.cookie, origin: 'https://evil.example' })
    expect(await evil.opened).toBe(403)
    expect(await watch(fleet, { cookie: fleet.cookie, origin }).opened).toBe(101)
  })

  it('tell what changed, at most five times a second for the same thing', async () => {
    const fleet = await openFleet()
    const { events, opened, socket } = watch(fleet, { cookie: fleet.cookie })
    await opened
    const agent = await fleet.agent()
    const begin = Date.now()
    for (const each of streams(60)) await agent.report([each])
    const seconds = (Date.now() - begin) / 1000
    await new Promise((resolve) => setTimeout(resolve, 300))
    const changes = events.filter((event) => event.type === 'inventory.changed')
    expect(changes.length).toBeGreaterThan(1)
    expect(changes.length).toBeLessThanOrEqual(Math.ceil(seconds * 5) + 2)
    expect(events.some((event) => event.type === 'machine.changed')).toBe(true)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.send('hello?')
    expect(await closed).toBe(1008)
  })
})
