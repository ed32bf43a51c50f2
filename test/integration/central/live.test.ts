/** Live queries: over real agents where their disks matter, over scripted ones where they misbehave. */
import { describe, expect, it } from 'vitest'
import type {
  LiveAnswer,
  LiveLine,
  LiveQuestion,
} from '../../../server/protocol/api/live-queries.ts'
import type { QueryReply, QueryRequest } from '../../../server/protocol/ask.ts'
import { aCarrier } from '../agent/support/carrier.ts'
import { removeStream } from '../agent/support/streams.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import { aRealAgent, startRealAgent } from './real-agent.ts'
import { stream, streams, type TestAgent } from './test-agent.ts'

const FAST = { timing: { liveTickMs: 50 } }
const ALL = { machines: { isAll: true } }

async function ask(fleet: Fleet, query: string, more: object = {}): Promise<LiveQuestion> {
  const { status, body } = await fleet.post('/live-queries', { query, ...ALL, ...more })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body
}

const finished = (fleet: Fleet, { questionId }: { questionId: string }): Promise<LiveQuestion> =>
  until(async () => {
    const { body } = await fleet.get(`/live-queries/${questionId}`)
    return body.finishedAt === null ? undefined : body
  })

async function answers(
  fleet: Fleet,
  { questionId }: LiveQuestion,
  filter = '',
): Promise<LiveAnswer[]> {
  return (await fleet.get(`/live-queries/${questionId}/answers${filter}`)).body.answers
}

function reply(changes: Partial<QueryReply> = {}): { status: number; body: QueryReply } {
  const body: QueryReply = {
    rows: [],
    stopped: null,
    places: [{ path: 'C:', state: 'read', message: '' }],
    carriersSeen: 5,
    streamsSeen: 3,
    unreadableCount: 0,
    unreadable: [],
    tookMs: 4,
    ...changes,
  }
  return { status: 200, body }
}

async function scripted(fleet: Fleet, hostname: string, script: TestAgent['answer']) {
  const agent = await fleet.agent(hostname)
  agent.answer = script
  return agent
}

describe('a live query to real agents', () => {
  it('finds on the disks what the inventory does not know yet', async () => {
    const fleet = await openFleet(FAST)
    const a = await aRealAgent(fleet, 'PC-A', (place) => aCarrier(place, 'gone.exe'))
    const b = await aRealAgent(fleet, 'PC-B')
    removeStream(`${a.place.data}/gone.exe`, 'Zone.Identifier')
    const late = aCarrier(b.place, 'late.exe')

    const question = await finished(fleet, await ask(fleet, 'zone:3'))
    expect(question).toMatchObject({
      machineCount: 2,
      rowCount: 1,
      counts: { answered: 2 },
      incompleteCount: 0,
      createdBy: 'admin',
    })
    const { body } = await fleet.get(`/live-queries/${question.questionId}/rows`)
    expect(body.rows).toMatchObject([{ hostname: 'PC-B', path: late, verdict: 'mark' }])
  })

  it('asks by label, host name and id, and evaluates machine: as central knows it', async () => {
    const fleet = await openFleet(FAST)
    const a = await aRealAgent(fleet, 'PC-A', (place) => aCarrier(place))
    await aRealAgent(fleet, 'SRV-B', (place) => aCarrier(place))
    const hosts = async (machines: object, query = 'zone:3') => {
      const asked = await fleet.post('/live-queries', { query, machines })
      if (asked.body.code === 'NO_MACHINES') return [0, []]
      const question = await finished(fleet, asked.body)
      const rows = (await fleet.get(`/live-queries/${question.questionId}/rows`)).body.rows
      return [question.machineCount, rows.map((row: { hostname: string }) => row.hostname)]
    }
    expect(await hosts({ facts: { hostname: 'srv-*' } })).toEqual([1, ['SRV-B']])
    expect(await hosts({ machineIds: [a.machineId] })).toEqual([1, ['PC-A']])
    const labels = `/api/v1/machines/${a.machineId}/labels`
    await fleet.call('PUT', labels, { labels: ['finance'] })
    expect(await hosts({ labels: ['FINANCE', 'other'] })).toEqual([1, ['PC-A']])
    expect(await hosts({ labels: ['finance'], facts: { hostname: 'srv-*' } })).toEqual([0, []])
    expect(await hosts({ isAll: true }, 'zone:3 machine:pc-*')).toEqual([2, ['PC-A']])
    const nobody = { query: '', machines: { facts: { hostname: 'x' } } }
    expect((await fleet.post('/live-queries', nobody)).body.code).toBe('NO_MACHINES')
    expect((await fleet.post('/live-queries', { query: '', machines: {} })).status).toBe(400)
  })

  it('waits for a machine that is off, and asks it when it is back', async () => {
    const fleet = await openFleet(FAST)
    const agent = await aRealAgent(fleet, 'PC-A', (place) => aCarrier(place))
    await agent.close()
    await until(
      async () =>
        !(await fleet.get(`/machines/${agent.machineId}`)).body.machine.isOnline || undefined,
    )
    const off = await finished(fleet, await ask(fleet, 'zone:3'))
    expect(off.counts).toEqual({ offline: 1 })

    const waiting = await ask(fleet, 'zone:3', { waitForOfflineSeconds: 3_600 })
    expect(waiting).toMatchObject({ counts: { waiting: 1 }, finishedAt: null })
    expect(await answers(fleet, waiting, '?state=unanswered')).toMatchObject([
      { hostname: 'PC-A', isOnline: false, state: 'waiting' },
    ])
    await startRealAgent(agent.place)
    expect(await finished(fleet, waiting)).toMatchObject({ counts: { answered: 1 }, rowCount: 1 })
  })
})

describe('a live query to agents that behave in every way', () => {
  it('streams each answer as it comes, and ends with the question', async () => {
    const fleet = await openFleet(FAST)
    await scripted(fleet, 'QUICK', () => reply({ rows: [stream()] }))
    const slow = Promise.withResolvers<void>()
    await scripted(fleet, 'SLOW', async () => {
      await slow.promise
      return reply({ stopped: 'rows' })
    })
    const { questionId } = await ask(fleet, '')
    const response = await fetch(`${fleet.central.url}/api/v1/live-queries/${questionId}/stream`, {
      headers: { cookie: fleet.cookie },
    })
    const lines: LiveLine[] = []
    let rest = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      rest += chunk
      const whole = rest.split('\n')
      rest = whole.pop()!
      lines.push(...whole.map((line) => JSON.parse(line) as LiveLine))
      // The slow one only answers once the quick one's row was seen.
      if (lines.some(({ type }) => type === 'row')) slow.resolve()
    }
    expect(lines.map(({ type }) => type)).toEqual(['answer', 'row', 'answer', 'finished'])
    expect(lines.at(-1)).toMatchObject({
      question: { counts: { answered: 2 }, incompleteCount: 1, rowCount: 1 },
    })
  })

  it('says refused, timed-out and offline, and asks only those again', async () => {
    const fleet = await openFleet(FAST)
    const asked: string[] = []
    const note = <Reply>(hostname: string, answer: Reply): Reply => {
      asked.push(hostname)
      return answer
    }
    await scripted(fleet, 'A-GOOD', () => note('A', reply()))
    await scripted(fleet, 'B-REFUSES', () =>
      note('B', { status: 400, body: { code: 'QUERY_INVALID', message: 'an older grammar' } }),
    )
    await scripted(fleet, 'C-LIES', () => note('C', { status: 200, body: { rows: 7 } }))
    await scripted(fleet, 'D-FLOODS', () => note('D', reply({ rows: streams(11) })))
    const lost = await scripted(fleet, 'E-LEAVES', () => {
      lost.disconnect()
      return note('E', undefined)
    })
    const old = { status: 404, body: { code: 'ROUTE_NOT_FOUND', message: '' } }
    await scripted(fleet, 'F-OLD', () => note('F', old))

    const question = await finished(fleet, await ask(fleet, '', { limits: { rows: 10 } }))
    const all = await answers(fleet, question)
    expect(all.map(({ hostname, state }) => [hostname, state])).toEqual([
      ['A-GOOD', 'answered'],
      ['B-REFUSES', 'refused'],
      ['C-LIES', 'refused'],
      ['D-FLOODS', 'refused'],
      ['E-LEAVES', 'offline'],
      ['F-OLD', 'refused'],
    ])
    expect(all.map(({ reason }) => reason)).toEqual([
      '',
      expect.stringContaining('an older grammar'),
      expect.stringContaining('makes no sense'),
      expect.stringContaining('11 rows'),
      expect.stringContaining('connection ended'),
      expect.stringContaining('update it'),
    ])
    expect(question.rowCount).toBe(0)

    asked.length = 0
    const again = await fleet.post(`/live-queries/${question.questionId}/ask-again`, {
      states: ['refused'],
    })
    expect(again.body.counts.answered).toBe(1)
    await finished(fleet, question)
    expect(asked.sort()).toEqual(['B', 'C', 'D', 'F'])
    expect((await answers(fleet, question)).map(({ askedCount }) => askedCount)).toEqual([
      1, 2, 2, 2, 1, 2,
    ])
  })

  it('tells agents to stop when it is cancelled, and keeps what had come', async () => {
    const fleet = await openFleet(FAST)
    const stop = Promise.withResolvers<void>()
    let askId = ''
    const agent = await scripted(fleet, 'BUSY', async ({ path, body }) => {
      if (path === '/v1/query/cancel') {
        expect(body).toEqual({ askId })
        stop.resolve()
        return { status: 200, body: { wasRunning: true } }
      }
      askId = (body as QueryRequest).askId
      await stop.promise
      return reply({ rows: [stream()], stopped: 'cancelled' })
    })
    const question = await ask(fleet, '')
    await until(() => agent.requests.length > 0 || undefined)
    const next = await ask(fleet, 'zone:3')
    expect((await answers(fleet, next))[0]?.state).toBe('waiting')

    for (const { questionId } of [next, question]) {
      await fleet.post(`/live-queries/${questionId}/cancel`, {})
    }
    expect(await finished(fleet, question)).toMatchObject({
      isCancelled: true,
      counts: { cancelled: 1 },
      rowCount: 1,
    })
    expect(await finished(fleet, next)).toMatchObject({ counts: { cancelled: 1 } })
    expect(agent.requests.map(({ path }) => path)).toEqual(['/v1/query', '/v1/query/cancel'])
  })

  it('goes on after a restart of central', async () => {
    const fleet = await openFleet(FAST)
    const agent = await scripted(fleet, 'PC', () => undefined)
    const question = await ask(fleet, '', { waitForOfflineSeconds: 3_600 })
    await until(() => agent.requests.length > 0 || undefined)
    await fleet.restart()
    agent.answer = () => reply()
    await agent.connect(fleet.central.url)
    expect((await finished(fleet, question)).counts).toEqual({ answered: 1 })
  })

  it('gives up an agent that never answers, and tells it so', async () => {
    const fleet = await openFleet({ timing: { liveTickMs: 50, liveGraceMs: 100 } })
    const agent = await scripted(fleet, 'DEAF', () => undefined)
    const question = await ask(fleet, '', { limits: { timeMs: 100 } })
    expect((await finished(fleet, question)).counts).toEqual({ 'timed-out': 1 })
    await until(() => agent.requests.length === 2 || undefined)
    const { askId } = agent.requests[0]!.body as QueryRequest
    expect(agent.requests[1]).toMatchObject({ path: '/v1/query/cancel', body: { askId } })
  })

  it('asks no more machines once it has its rows', async () => {
    const fleet = await openFleet(FAST)
    let asked = 0
    for (let index = 0; index < 40; index++) {
      await scripted(fleet, `PC-${index}`, () => {
        asked++
        return reply({ rows: streams(5) })
      })
    }
    const question = await finished(fleet, await ask(fleet, '', { maxRows: 5 }))
    expect(question.counts.answered).toBe(asked)
    expect(question.counts.cancelled).toBe(40 - asked)
    // All that could be asked at once may have been; those behind them were not.
    expect(asked).toBeLessThanOrEqual(32)
    const { body } = await fleet.get(`/live-queries/${question.questionId}/rows?limit=3`)
    expect(body.rows).toHaveLength(3)
    const rest = await fleet.get(
      `/live-queries/${question.questionId}/rows?limit=500&cursor=${body.cursor}`,
    )
    expect(3 + rest.body.rows.length).toBe(question.rowCount)
  })

  it('asks a busy agent again, one question of ours at a time', async () => {
    const fleet = await openFleet(FAST)
    let atOnce = 0
    let most = 0
    let refusals = 2
    await scripted(fleet, 'PC', async () => {
      most = Math.max(most, ++atOnce)
      await new Promise((resolve) => setTimeout(resolve, 20))
      atOnce--
      if (refusals-- > 0) return { status: 503, body: { code: 'AGENT_BUSY', message: 'later' } }
      return reply()
    })
    const questions = await Promise.all([1, 2, 3].map(() => ask(fleet, '')))
    for (const question of questions) {
      expect((await finished(fleet, question)).counts).toEqual({ answered: 1 })
    }
    expect(most).toBe(1)
  })

  it('has only so many questions open for one person', async () => {
    const fleet = await openFleet(FAST)
    await scripted(fleet, 'DEAF', () => undefined)
    for (let index = 0; index < 10; index++) await ask(fleet, '')
    const eleventh = await fleet.post('/live-queries', { query: '', ...ALL })
    expect([eleventh.status, eleventh.body.code]).toEqual([429, 'TOO_MANY_QUESTIONS'])
  })

  it('refuses what no disk can answer, and everybody who is not signed in', async () => {
    const fleet = await openFleet(FAST)
    await scripted(fleet, 'PC', () => reply())
    const code = async (query: string) =>
      (await fleet.post('/live-queries', { query, ...ALL })).body.code
    expect(await code('first:<1d')).toBe('QUERY_NOT_LIVE')
    expect(await code('(')).toBe('QUERY_INVALID')
    fleet.cookie = ''
    expect(await code('')).toBe('NOT_SIGNED_IN')
  })

  it('is on record, and can be taken away as NDJSON and as CSV without formulas', async () => {
    const fleet = await openFleet(FAST)
    const path = 'C:\\=cmd|calc'
    await scripted(fleet, '=PC', () => reply({ rows: [stream({ path, links: [path] })] }))
    const question = await finished(fleet, await ask(fleet, 'zone:3'))
    const url = `/live-queries/${question.questionId}/rows/export`
    const csv = (await fleet.get(`${url}?format=csv`)).body as string
    expect(csv.split('\r\n')[1]).toContain(",'=PC,")
    const ndjson = (await fleet.get(`${url}?format=ndjson`)).body as string
    expect(JSON.parse(ndjson)).toMatchObject({ hostname: '=PC', path })
    const { entries } = (await fleet.get('/audit')).body
    expect(entries[0]).toMatchObject({
      actor: 'admin',
      action: 'live.asked',
      subject: question.questionId,
      details: { query: 'zone:3', machineCount: 1 },
    })
  })
})
