/** Where is this file, and what is different on that machine: over real agents and scripted ones. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FilePage, MachineFile } from '../../../server/protocol/api/files.ts'
import type { FilesRequest } from '../../../server/protocol/ask.ts'
import type { ReportedStream } from '../../../server/protocol/stream.ts'
import { aCarrier, sha256 } from '../agent/support/carrier.ts'
import { removeStream } from '../agent/support/streams.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import { aRealAgent } from './real-agent.ts'
import { stream } from './test-agent.ts'

async function where(fleet: Fleet, question: Record<string, string>): Promise<FilePage> {
  const { status, body } = await fleet.get(`/files?${new URLSearchParams(question)}`)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body
}

const brief = ({ machines }: FilePage) =>
  machines.map(({ hostname, state, reason }) => [hostname, state, reason])

describe('where a file is', () => {
  it('is never said to be nowhere by an inventory that knows only marks', async () => {
    const fleet = await openFleet()
    const marked = await fleet.agent('MARKED')
    await marked.report([stream()])
    const clean = await fleet.agent('CLEAN')
    clean.finishScan()
    marked.finishScan()
    await fleet.agent('NEW')
    await until(async () => {
      const { body } = await fleet.get('/machines')
      return (
        body.machines.filter((machine: { lastScanAt: unknown }) => machine.lastScanAt).length === 2
      )
    })
    const page = await where(fleet, { name: 'SETUP.exe' })
    expect(brief(page)).toEqual([
      ['CLEAN', 'unknown', 'not-asked'],
      ['MARKED', 'marked', 'not-asked'],
      ['NEW', 'unknown', 'never-scanned'],
    ])
    expect(page.machines[1]?.places).toMatchObject([
      { path: 'C:\\Downloads\\setup.exe', source: 'inventory', origin: { id: 3 } },
    ])
    expect(brief(await where(fleet, { path: 'C:\\Downloads\\setup.exe' }))[1]?.[1]).toBe('marked')
    expect(brief(await where(fleet, { path: 'C:\\Downloads\\setup' }))[1]?.[1]).toBe('unknown')
  })

  it('is marked, unmarked or absent where machines have looked, and unknown elsewhere', async () => {
    const fleet = await openFleet()
    const folder = (place: { data: string }) => join(place.data, 'd')
    const fill = (place: { data: string }) => mkdirSync(folder(place))
    const a = await aRealAgent(fleet, 'A-MARKED', (place) => {
      fill(place)
      aCarrier(place as never, 'd/setup.exe')
    })
    const path = join(folder(a.place), 'setup.exe')
    const off = await aRealAgent(fleet, 'B-OFF')
    await off.close()
    await aRealAgent(fleet, 'C-OTHER-SCOPE', (place) => aCarrier(place))
    const scripted = await fleet.agent('D-SILENT')
    scripted.answer = () => ({ status: 200, body: { files: [], stopped: null } })
    await until(async () => (await fleet.get('/machines')).body.machines[1].isOnline === false)

    const page = await where(fleet, { path, live: 'true' })
    expect(brief(page)).toEqual([
      ['A-MARKED', 'marked', null],
      ['B-OFF', 'unknown', 'offline'],
      ['C-OTHER-SCOPE', 'unknown', 'outside-scope'],
      // A Windows machine has no such path.
      ['D-SILENT', 'unknown', 'nowhere-to-look'],
    ])
    expect(page.machines[0]?.places[0]).toMatchObject({
      source: 'now',
      streamId: expect.any(Number),
    })

    removeStream(path, 'Zone.Identifier')
    const now = await where(fleet, { path, live: 'true' })
    expect(brief(now)[0]).toEqual(['A-MARKED', 'unmarked', null])
    const absent = await where(fleet, { path: `${path}.old`, live: 'true' })
    expect(brief(absent)[0]).toEqual(['A-MARKED', 'absent', null])
    const { entries } = (await fleet.get('/audit')).body
    expect(entries[0]).toMatchObject({ action: 'files.asked', actor: 'admin' })
  })

  it('is looked for by name at every path where some machine has it, with its content compared', async () => {
    const fleet = await openFleet()
    const a = await aRealAgent(fleet, 'PC-A', (place) => aCarrier(place, 'setup.exe'))
    const content = 'content of setup.exe'
    const page = await where(fleet, {
      name: 'setup.exe',
      live: 'true',
      folder: join(a.place.data, 'nowhere'),
      sha256: sha256(content),
      sizeBytes: String(content.length),
    })
    expect(page.paths).toEqual([
      join(a.place.data, 'nowhere', 'setup.exe'),
      join(a.place.data, 'setup.exe'),
    ])
    expect(page.machines[0]).toMatchObject({
      state: 'marked',
      places: [
        { path: join(a.place.data, 'setup.exe'), state: 'marked', isSameContent: true },
        { path: join(a.place.data, 'nowhere', 'setup.exe'), state: 'absent' },
      ],
    })
  })

  it('stays unknown where an agent answers less than it was asked, or refuses', async () => {
    const fleet = await openFleet()
    const path = 'C:\\Downloads\\setup.exe'
    const file = (state: string, body: unknown) => {
      const { paths } = body as FilesRequest
      const rest = { message: '', volumeId: null, sizeBytes: null, streams: [], origin: null }
      return paths.map((one) => ({ path: one, state, ...rest, isSameContent: null }))
    }
    const answers: Record<string, (body: unknown) => unknown> = {
      'A-NOTHING': () => ({ files: [], stopped: null }),
      'B-OTHER': (body) => ({ files: file('absent', { paths: ['C:\\x'] }), stopped: body && null }),
      'C-LATE': (body) => ({ files: file('not-reached', body), stopped: 'time' }),
      'D-CLOSED': (body) => ({ files: file('unreadable', body), stopped: null }),
      'E-ABSENT': (body) => ({ files: file('absent', body), stopped: null }),
    }
    for (const [hostname, answer] of Object.entries(answers)) {
      const agent = await fleet.agent(hostname)
      agent.answer = ({ body }) => ({ status: 200, body: answer(body) })
    }
    expect(brief(await where(fleet, { path, live: 'true' }))).toEqual([
      ['A-NOTHING', 'unknown', 'refused'],
      ['B-OTHER', 'unknown', 'refused'],
      ['C-LATE', 'unknown', 'timed-out'],
      ['D-CLOSED', 'unknown', 'unreadable'],
      ['E-ABSENT', 'absent', null],
    ])
    const csv = (await fleet.get(`/files/export?path=${encodeURIComponent(path)}&format=csv`)).body
    expect((csv as string).split('\r\n')[1]).toContain(',A-NOTHING,true,unknown,never-scanned,')
    const ndjson = (await fleet.get(`/files/export?path=x`)).body as string
    const rows = ndjson
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as MachineFile)
    expect(rows).toHaveLength(5)
  })

  it('needs a name or a path, and says why a hash is none', async () => {
    const fleet = await openFleet()
    const refusal = async (question: string) => (await fleet.get(`/files?${question}`)).body
    expect((await refusal(`sha256=${'a'.repeat(64)}`)).message).toContain('known nowhere')
    expect((await refusal('name=a&path=b')).code).toBe('REQUEST_INVALID')
    expect((await refusal('name=a&sizeBytes=5')).message).toContain('live=true')
  })
})

describe('two machines', () => {
  it('differ by what only one has, and by content, in pages', async () => {
    const fleet = await openFleet()
    const at = (name: string, changes: Partial<ReportedStream> = {}) => {
      const path = `C:\\${name}`
      const identity = `ntfs:${1_000 + name.charCodeAt(0)}` as ReportedStream['identity']
      return stream({ path, links: [path], identity, ...changes })
    }
    const [a, b] = [await fleet.agent('A'), await fleet.agent('B')]
    const other = { sha256: 'b'.repeat(64) }
    await a.report([at('a'), at('B'), at('c'), at('d'), at('e', { sha256: null })])
    await b.report([at('b'), at('c', other), at('e'), at('f')])
    a.finishScan({ state: 'incomplete', unreadableCount: 7 })
    await until(async () => (await fleet.get('/machines')).body.machines[0].unreadableCount === 7)

    const url = `/machines/compare?a=${a.machineId}&b=${b.machineId}`
    const states: [string, string][] = []
    let cursor: string | null = null
    do {
      const { body } = await fleet.get(
        `${url}&limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
      )
      expect(body.counts).toEqual({ same: 1, onlyA: 2, onlyB: 1, differs: 1, contentUnknown: 1 })
      expect(body.caveats).toEqual([
        'The last scan of A was incomplete: 7 unreadable.',
        'B was never scanned.',
      ])
      for (const { path, state } of body.differences) states.push([path, state])
      cursor = body.cursor
    } while (cursor !== null)
    expect(states).toEqual([
      ['C:\\a', 'only-a'],
      ['C:\\c', 'differs'],
      ['C:\\d', 'only-a'],
      ['C:\\e', 'content-unknown'],
      ['C:\\f', 'only-b'],
    ])
  })
})

describe('what Windows does', () => {
  it('is explained for a stream of the inventory', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report([stream()])
    const [row] = (await fleet.search('')).streams
    const { body } = await fleet.get(`/files/explain?streamId=${row?.streamId}`)
    expect(body).toMatchObject({ zone: 3, zoneName: 'Internet', extension: 'exe', risk: 'high' })
    expect((await fleet.get('/files/explain?streamId=999')).body.code).toBe('STREAM_NOT_FOUND')
  })

  it('is explained by the policies that its machine reports, where somebody may ask it', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report([stream()])
    const [row] = (await fleet.search('')).streams
    const url = `/files/explain?streamId=${row?.streamId}&live=true`
    const policy = { highRisk: [], moderateRisk: [], lowRisk: ['exe'], writesMarks: true }
    agent.answer = ({ path }) =>
      path === '/v1/attachment-policies'
        ? { status: 200, body: { policies: [{ policy, users: 2 }], unreadUsers: 1 } }
        : undefined
    const { body } = await fleet.get(url)
    expect(body).toMatchObject({ risk: 'low', effects: [{ by: 'Explorer' }, {}, {}, {}] })
    expect(body.effects[0].what).toContain('without asking')
    expect(body.caveats.join()).toContain('2 of 3 users')
    // One that is older than the question, lies or is off: explained without.
    for (const reply of [
      { status: 404, body: { code: 'ROUTE_NOT_FOUND', message: 'no such route' } },
      { status: 200, body: { policies: [{ policy: {}, users: 1 }], unreadUsers: 0 } },
      { status: 200, body: { policies: [], unreadUsers: 0 } },
    ]) {
      agent.answer = () => reply
      const { caveats, ...rest } = (await fleet.get(url)).body
      expect([caveats[0], rest.risk]).toEqual([expect.stringContaining('not known'), 'high'])
    }
    agent.disconnect()
    await until(async () => (await fleet.get('/coverage')).body.counts.online === 0)
    expect((await fleet.get(url)).body.risk).toBe('high')
    const viewer = { username: 'vera', password: 'a long enough password', role: 'viewer' }
    await fleet.post('/users', viewer)
    const session = await fleet.post('/session', { ...viewer, role: undefined })
    const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!
    const denied = await fleet.call('GET', `/api/v1${url}`, undefined, { cookie })
    expect(denied.body.code).toBe('NOT_PERMITTED')
  })
})
