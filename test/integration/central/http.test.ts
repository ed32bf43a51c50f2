import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { assembleCentral } from '../../../server/central/start-central.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { ADMIN_PASSWORD, type Fleet, openFleet, until } from './fleet.ts'
import { keyOf, stream, streams } from './test-agent.ts'

const PUBLIC_ROUTES = [
  'GET /*',
  'GET /agent/v1',
  'GET /api/v1/openapi.json',
  'GET /api/v1/openid/callback',
  'GET /api/v1/openid/sign-out',
  'GET /api/v1/openid/start',
  'GET /api/v1/session/ways',
  'GET /healthz',
  'GET /metrics',
  'GET /readyz',
  'POST /agent/v1/enrol',
  'POST /api/v1/session',
]

async function assembled() {
  const dataDir = mkdtempSync(join(tmpdir(), 'sidestream-http-'))
  const central = await assembleCentral({
    dataDir,
    host: '127.0.0.1',
    port: 0,
    logger: pino({ level: 'silent' }),
    clock: systemClock,
    scanEverySeconds: 600,
  })
  onTestFinished(async () => {
    await central.close()
    rmSync(dataDir, { recursive: true })
  })
  return central
}

describe('access', () => {
  it('without a session ends in 401 on every route that is not public by name', async () => {
    const { app } = await assembled()
    const isHead = (route: string): boolean => route.startsWith('HEAD ')
    const routes = [...app.routeAccess.keys()].filter((route) => !isHead(route))
    const isPublic = (route: string): boolean => app.routeAccess.get(route) === 'public'
    expect(routes.filter(isPublic).sort()).toEqual(PUBLIC_ROUTES)
    const guarded = routes.filter((route) => !isPublic(route))
    expect(guarded.length).toBeGreaterThan(18)
    for (const route of guarded) {
      const [method, pattern] = route.split(' ') as [string, string]
      const url = pattern.replace(/:\w+/g, '00000000-0000-4000-8000-000000000001')
      for (const headers of [{}, { cookie: 'sidestream_session=made-up' }]) {
        const reply = await app.inject({ method: method as 'GET', url, headers })
        expect([route, reply.statusCode, reply.json().code]).toEqual([route, 401, 'NOT_SIGNED_IN'])
      }
    }
  })

  it('has to be declared by a route, or central does not start', async () => {
    const { guardRoutes } = await import('../../../server/central/http/access.ts')
    const { default: fastify } = await import('fastify')
    const app = fastify()
    const none = null as never
    const parts = { sessions: none, tokens: none, scopes: none, audit: none }
    guardRoutes(app, { ...parts, allowedOrigins: [] })
    expect(() => app.get('/open', async () => 'oops')).toThrow(
      'GET /open does not declare its access',
    )
  })

  it('of another site is refused where it would change something', async () => {
    const fleet = await openFleet()
    const evil = { origin: 'https://evil.example' }
    const own = { origin: fleet.central.url }
    const enrol = (headers: object) => fleet.call('POST', '/api/v1/enrolments', {}, headers)
    expect(await enrol(evil)).toMatchObject({ status: 403, body: { code: 'ORIGIN_REFUSED' } })
    expect((await enrol({ origin: 'null' })).status).toBe(403)
    expect((await enrol({ origin: fleet.central.url.replace('http', 'https') })).status).toBe(403)
    expect((await enrol(own)).status).toBe(201)
    expect((await enrol({})).status).toBe(201)
    const signIn = { username: 'admin', password: ADMIN_PASSWORD }
    expect((await fleet.call('POST', '/api/v1/session', signIn, evil)).status).toBe(403)
  })

  it('of a text/plain form is refused: another site could send one without asking', async () => {
    const fleet = await openFleet()
    const headers = { 'content-type': 'text/plain' }
    const answer = await fleet.call('POST', '/api/v1/enrolments', {}, headers)
    expect(answer).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } })
  })
})

describe('requests', () => {
  it('that do not fit are answered in the one shape, naming the field', async () => {
    const fleet = await openFleet()
    const cases: [string, string, unknown, string][] = [
      ['GET', '/streams?limit=0', undefined, 'querystring/limit'],
      ['GET', '/streams?colour=red', undefined, 'colour'],
      ['GET', '/streams?cursor=%00', undefined, 'cursor'],
      ['GET', '/machines/PC-1', undefined, 'params/machineId'],
      ['POST', '/orders', { action: 'delete' }, 'body'],
      ['POST', '/enrolments', { uses: '3' }, 'body/uses'],
      ['POST', '/enrolments', { uses: 1, extra: true }, 'extra'],
    ]
    for (const [method, path, body, field] of cases) {
      const answer = await fleet.call(method, `/api/v1${path}`, body)
      expect([path, answer.status, answer.body.code]).toEqual([path, 400, 'REQUEST_INVALID'])
      expect(answer.body.message).toContain(field)
    }
    const broken = await fetch(`${fleet.central.url}/api/v1/enrolments`, {
      method: 'POST',
      headers: { cookie: fleet.cookie, 'content-type': 'application/json' },
      body: '{',
    })
    expect([broken.status, ((await broken.json()) as { code: string }).code]).toEqual([
      400,
      'REQUEST_INVALID',
    ])
  })

  it('for what is not there are answered with a code that says what', async () => {
    const fleet = await openFleet()
    const nobody = '00000000-0000-4000-8000-000000000001'
    expect((await fleet.get('/nothing')).body.code).toBe('NOT_FOUND')
    expect((await fleet.call('POST', '/api/v1/nothing', {})).body.code).toBe('NOT_FOUND')
    expect((await fleet.get(`/machines/${nobody}`)).body.code).toBe('MACHINE_NOT_FOUND')
    expect((await fleet.get(`/orders/${nobody}`)).body.code).toBe('ORDER_NOT_FOUND')
    expect((await fleet.get('/streams/1')).body.code).toBe('STREAM_NOT_FOUND')
  })

  it('with a query that cannot be understood are told where', async () => {
    const fleet = await openFleet()
    const answer = await fleet.get(`/streams?q=${encodeURIComponent('ext:exe AND (zone:3')}`)
    expect(answer).toMatchObject({ status: 400, body: { code: 'QUERY_INVALID' } })
    expect(answer.body.details).toMatchObject({ position: 12, length: expect.any(Number) })
  })

  it('that fail unexpectedly say nothing of why', async () => {
    const { app } = await assembled()
    const { sendError } = await import('../../../server/central/http/error-replies.ts')
    const { default: fastify } = await import('fastify')
    const probe = fastify()
    probe.setErrorHandler(sendError)
    probe.get('/', async () => {
      throw new Error('SELECT secret FROM /var/lib/central.sqlite')
    })
    const reply = await probe.inject('/')
    expect([reply.statusCode, reply.json().code]).toEqual([500, 'INTERNAL'])
    expect(reply.body).not.toMatch(/SELECT|sqlite/)
    expect(app.routeAccess.size).toBeGreaterThan(0)
  })
})

describe('listings', () => {
  it('page through everything once, also while streams come', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report(streams(25))
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await fleet.search('', `&limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...page.streams.map((row) => row.path))
      cursor = page.cursor
      await agent.report([stream({ identity: `ntfs:9${seen.length}` as never, path: 'C:\\new' })])
    }
    expect(seen).toEqual(
      streams(25)
        .map((each) => each.path)
        .reverse(),
    )
  })

  it('of machines are by hostname, in pages', async () => {
    const fleet = await openFleet()
    for (const name of ['c', 'A', 'b']) await fleet.agent(name)
    const first = (await fleet.get('/machines?limit=2')).body
    const second = (await fleet.get(`/machines?limit=2&cursor=${first.cursor}`)).body
    const names = [...first.machines, ...second.machines].map(({ hostname }) => hostname)
    expect(names).toEqual(['A', 'b', 'c'])
    expect(second.cursor).toBe(null)
  })

  it('count by facets whose values can be asked for', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent('PC-1')
    const bare = { origin: null, verdict: 'suspicious', stream: 'payload.exe' } as const
    await agent.report([
      ...streams(3),
      stream({ path: 'C:\\x.PS1', identity: 'ntfs:7' as never, ...bare }),
    ])
    const { body } = await fleet.get('/streams/facets?q=')
    expect(body).toEqual({
      total: 4,
      totalIsExact: true,
      isExact: { machines: true, hosts: true, others: true },
      machines: [{ value: 'PC-1', count: 4 }],
      verdicts: [
        { value: 'mark', count: 3 },
        { value: 'suspicious', count: 1 },
      ],
      zones: [
        { value: '3', count: 3 },
        { value: 'none', count: 1 },
      ],
      hosts: [{ value: 'cdn.example.com', count: 3 }],
      names: [
        { value: 'Zone.Identifier', count: 3 },
        { value: 'payload.exe', count: 1 },
      ],
      extensions: [
        { value: 'exe', count: 3 },
        { value: 'ps1', count: 1 },
      ],
    })
    expect((await fleet.search('verdict:suspicious ext:ps1')).total).toBe(1)
    expect((await fleet.search('zone:none')).total).toBe(1)
  })

  it('say how they were answered when asked to', async () => {
    const fleet = await openFleet()
    await (await fleet.agent('PC-1')).report(streams(3))
    const { body } = await fleet.get('/streams?q=machine:pc-1%20zone:3&explain=1')
    expect(body).toMatchObject({ total: 3, totalIsExact: true })
    expect(body.plan.filters).toContain('machine:"pc-1": stream by stream')
    expect(body.plan.filters).toContain('zone:3..3: by class')
    expect((await fleet.search('zone:3')).plan).toBe(undefined)
  })

  it('complete a query at the cursor with fields and with values that are there', async () => {
    const fleet = await openFleet()
    await (await fleet.agent('PC-1')).report([
      ...streams(3),
      stream({ identity: 'ntfs:7' as never, stream: 'Zone x', origin: null }),
    ])
    const complete = async (marked: string) => {
      const position = marked.indexOf('|')
      const q = encodeURIComponent(marked.replace('|', ''))
      const { body } = await fleet.get(`/streams/suggest?q=${q}&position=${position}`)
      const texts = body.suggestions.map(({ text }: { text: string }) => text)
      return [body.from, body.to, ...texts]
    }
    expect(await complete('zone:3 ho|')).toEqual([7, 9, 'host:'])
    expect(await complete('host:CDN|')).toEqual([5, 8, 'cdn.example.com'])
    expect(await complete('stream:zo| ext:exe')).toEqual([7, 9, 'Zone.Identifier', '"Zone x"'])
    expect(await complete('machine:|')).toEqual([8, 8, 'PC-1'])
    expect(await complete('kind:d|')).toEqual([5, 6, 'directory'])
    expect(await complete('hots:x|')).toEqual([6, 6])
    expect(await complete('con|')).toEqual([0, 3])
  })

  it('hide what is gone unless asked, by parameter or by query', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    await agent.report(streams(2))
    await agent.report([], { gone: [keyOf(streams(1)[0]!)] })
    for (const q of ['', 'ext:exe']) {
      for (const [gone, count] of [
        ['', 1],
        ['&gone=false', 1],
        ['&gone=true', 2],
        ['&gone=only', 1],
      ]) {
        const page = await fleet.search(q, gone as string)
        expect([q, gone, page.total, page.streams.length]).toEqual([q, gone, count, count])
      }
    }
    expect((await fleet.search('gone:<1d')).total).toBe(1)
  })
})

describe('exports', () => {
  const hostile = (path: string, name: string) =>
    stream({ identity: `ntfs:${path.length}` as never, path, links: [path], stream: name })

  it('in CSV hold no formula, no control character and no broken UTF-16', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent('=cmd|calc!A1')
    await agent.report([
      hostile('C:\\plain, "quoted".exe', '=HYPERLINK("http://evil")'),
      hostile('\t=1+1', '@SUM(A1)'),
      hostile('C:\\\u202Egnp.exe', '+1'),
      hostile('C:\\line\r\nbreak', '-1'),
      hostile('C:\\lone\ud800', 'ok'),
    ])
    const answer = await fleet.get('/streams/export?format=csv')
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="streams.csv"')
    const lines = (answer.body as string).split('\r\n')
    expect(lines).toHaveLength(7)
    const csv = lines.slice(1).join('\n')
    expect(csv).toContain(`"'=HYPERLINK(""http://evil"")"`)
    expect(csv).toContain(`,'\\u0009=1+1,'@SUM(A1),`)
    expect(csv).toContain(`,C:\\\\u202egnp.exe,'+1,`)
    expect(csv).toContain(`,C:\\line\\u000d\\u000abreak,'-1,`)
    expect(csv).toContain(',C:\\lone\\ud800,ok,')
    expect(csv).toContain(",'=cmd|calc!A1,")
    expect(csv).not.toMatch(/(^|,)"?[=+@\t]|[\0-\x09\x0b-\x1f\u202e\ufffd]/m)
  })

  it('hold every match, over many pages, in both formats', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent()
    const all = streams(1_200)
    for (let at = 0; at < all.length; at += 400) await agent.report(all.slice(at, at + 400))
    const ndjson = (await fleet.get('/streams/export?q=ext:exe&format=ndjson')).body as string
    const paths = ndjson
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).path)
    expect(new Set(paths)).toEqual(new Set(all.map((each) => each.path)))
    const csv = (await fleet.get('/streams/export?q=ext:exe&format=csv')).body as string
    expect(csv.trimEnd().split('\r\n')).toHaveLength(1_201)
    expect((await fleet.get('/streams/export?q=(')).status).toBe(400)
  })
})

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

describe('the console', () => {
  function built(): string {
    const dir = mkdtempSync(join(tmpdir(), 'sidestream-console-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    mkdirSync(join(dir, 'assets'))
    writeFileSync(join(dir, 'index.html'), '<!doctype html><title>Sidestream</title>')
    writeFileSync(join(dir, 'assets', 'app-1a2b.js'), 'export {}')
    return dir
  }

  it('is served with its pages all being index.html, and the API never', async () => {
    const fleet = await openFleet({ consoleDir: built() })
    const html = { accept: 'text/html' }
    for (const path of ['/', '/orders/12', '/index.html', '/a.b']) {
      const page = await fleet.call('GET', path, undefined, html)
      expect([path, page.status, page.body]).toEqual([
        path,
        200,
        expect.stringContaining('Sidestream'),
      ])
    }
    const script = await fleet.call('GET', '/assets/app-1a2b.js')
    expect(script.headers.get('content-type')).toContain('javascript')
    expect(script.headers.get('cache-control')).toContain('immutable')
    expect((await fleet.call('GET', '/assets/none.js')).status).toBe(404)
    expect((await fleet.call('GET', '/api/v2/x', undefined, html)).body.code).toBe('NOT_FOUND')
    for (const path of ['/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd']) {
      expect((await fleet.call('GET', path)).body).not.toContain('root:')
    }
  })

  it('that was not built says how to build it', async () => {
    const fleet = await openFleet()
    const answer = await fleet.call('GET', '/', undefined, { accept: 'text/html' })
    expect(answer).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining('npm run build') },
    })
  })

  it('gets the strict security headers on every answer', async () => {
    const fleet = await openFleet({ consoleDir: built() })
    for (const path of ['/', '/api/v1/machines', '/healthz', '/api/v1/nothing']) {
      const { headers } = await fleet.call('GET', path, undefined, { accept: 'text/html' })
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';" +
          "font-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none';" +
          "require-trusted-types-for 'script'",
      )
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('strict-transport-security')).toBe(null)
    }
  })
})

describe('operations', () => {
  it('see health and counts, and no names', async () => {
    const fleet = await openFleet()
    const agent = await fleet.agent('SECRET-PC')
    await agent.report(streams(2))
    fleet.cookie = ''
    expect((await fleet.call('GET', '/healthz')).body).toEqual({ status: 'ok' })
    expect((await fleet.call('GET', '/readyz')).body).toEqual({ status: 'ready' })
    const metrics = (await fleet.call('GET', '/metrics')).body as string
    for (const line of [
      'machines 1',
      'machines_online 1',
      'streams 2',
      'streams_mark 2',
      'orders_open 0',
    ]) {
      expect(metrics).toContain(`\nsidestream_${line}\n`)
    }
    expect(metrics).not.toContain('SECRET')
  })

  it('find every API route in the OpenAPI document', async () => {
    const { app } = await assembled()
    const { paths } = (await app.inject('/api/v1/openapi.json')).json()
    const documented = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
      ),
    )
    const routes = [...app.routeAccess.keys()].filter(
      (route) => / \/api\//.test(route) && !/^HEAD|events|openapi/.test(route),
    )
    expect(documented.filter((route) => route.includes('/api/')).sort()).toEqual(routes.sort())
  })
})
