/** What an account with a scope sees of what lies beyond it: nothing, on any route, socket or in any count. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { EVENT_DECISIONS } from '../../../server/central/events/event-scope.ts'
import { ConsoleEvent } from '../../../server/protocol/api/events.ts'
import { SCOPE_HANDLINGS } from '../../../server/protocol/api/scope.ts'
import { type Answer, type Fleet, openFleet, until } from './fleet.ts'
import {
  LABEL,
  label,
  openScopedFleet,
  type Person,
  person,
  type ScopedFleet,
  SECRET,
  signIn,
  withHeaders,
} from './scoped-fleet.ts'
import { stream } from './test-agent.ts'

/** What a route is asked with; `{}` for the rest. */
function bodyOf(route: string, { ids, secretStream }: ScopedFleet): unknown {
  const { machineId, orderId, previewId } = ids
  const bodies: Record<string, unknown> = {
    'POST /orders/previews': { action: 'strip', selection: { streamIds: [secretStream] } },
    'POST /orders': { previewId, confirmCount: 1, reason: 'because' },
    'POST /orders/:orderId/retry': { confirmCount: 1, reason: 'because' },
    'POST /saved-queries': { kind: 'inventory', name: 'y', query: '', schedule: null },
    'POST /tokens': { name: 'own', permissions: ['inventory.read'] },
    'POST /orders/:orderId/undo': { confirmCount: 1, reason: 'because' },
    'POST /orders/:orderId/approve': { confirmCount: 1, reason: 'because' },
    'POST /orders/:orderId/reject': { reason: 'because' },
    'POST /orders/:orderId/pause': { reason: 'because' },
    'POST /orders/:orderId/resume': { reason: 'because' },
    'POST /live-queries': { query: '', machines: { machineIds: [machineId] } },
    'PUT /saved-queries/:savedId': { kind: 'inventory', name: 'x', query: '', schedule: null },
    'POST /machines/:machineId/retire': { reason: 'because' },
    'PUT /machines/:machineId/labels': { labels: [LABEL] },
    'POST /rules/:ruleId/pause': { reason: 'because' },
  }
  return bodies[route.replace('/api/v1', '')] ?? (orderId === undefined ? undefined : {})
}

function queryOf(route: string, { lab, ids, secretStream }: ScopedFleet): string {
  const queries: Record<string, string> = {
    'GET /files': '?name=secret-file.exe',
    'GET /files/export': '?name=secret-file.exe',
    'GET /files/explain': `?streamId=${secretStream}`,
    'GET /machines': '?retired=true',
    'GET /machines/compare': `?a=${lab.machineId}&b=${ids.machineId}`,
    'GET /streams': '?gone=true&explain=1',
    'GET /streams/suggest': '?q=name:s&position=6',
    'GET /audit': '?limit=200',
  }
  return queries[route.replace('/api/v1', '')] ?? ''
}

/** Where everything of the other machine would be told: all routes but those that end what the test needs. */
async function askEverything(
  scoped: ScopedFleet,
  who: Person,
  which = /^(GET|POST|PUT|PATCH|DELETE) /,
): Promise<[string, Answer][]> {
  const answers: [string, Answer][] = []
  for (const route of scoped.fleet.central.routeAccess.keys()) {
    const [method, pattern] = route.split(' ') as [string, string]
    if (!which.test(route) || !pattern.startsWith('/api/v1')) continue
    if (scoped.fleet.central.webSockets.has(route) || /^\/api\/v1\/openid/.test(pattern)) continue
    if (/^(DELETE|POST) \/api\/v1\/session\b/.test(route)) continue
    const path = pattern
      .replace('/api/v1', '')
      .replace(/:(\w+)/g, (_, name: string) => scoped.ids[name] ?? `no-${name}`)
    const body = /^(POST|PUT|PATCH)$/.test(method) ? bodyOf(route, scoped) : undefined
    const answer = await who.call(method, `${path}${queryOf(route, scoped)}`, body)
    answers.push([route, answer])
  }
  return answers
}

function expectNoSecret(route: string, { status, body, headers }: Answer): void {
  const text = JSON.stringify([body, [...headers]])
  // An address that one made up oneself is no news.
  const told = text.replaceAll('secret-user', '').replaceAll('secret-package.msi', '')
  expect([route, status, SECRET.exec(told)?.input ?? null]).toEqual([route, status, null])
}

describe('every route', () => {
  it('says what it does with a scope', async () => {
    const { central } = await openFleet()
    const unsaid = [...central.routeScope].filter(
      ([, handling]) => handling === undefined || !SCOPE_HANDLINGS.includes(handling),
    )
    expect(unsaid).toEqual([])
    expect([...central.routeScope.keys()].sort()).toEqual([...central.routeAccess.keys()].sort())
    const ofMachine = [...central.routeScope].filter(([, handling]) => handling === 'machine')
    expect(ofMachine.filter(([route]) => !route.includes('/:machineId'))).toEqual([])
  })

  it('that does not say it is closed to who has one, and one that forgets to look ends as an error', async () => {
    const { default: fastify } = await import('fastify')
    const { guardRoutes } = await import('../../../server/central/http/access.ts')
    const { createScopeService } = await import('../../../server/central/accounts/scope-service.ts')
    const app = fastify()
    const session = { scope: [LABEL], missing: null, permissions: ['inventory.read'] }
    const scopes = createScopeService({ labelVersion: () => 1, machinesWith: () => [] })
    const parts = { tokens: { find: () => session }, sessions: null, audit: { record: () => null } }
    guardRoutes(app, { ...parts, scopes, allowedOrigins: [] } as never)
    const access = 'inventory.read'
    app.get('/unsaid', { config: { access } }, async () => 'oops')
    app.get('/forgets', { config: { access, scope: 'filtered' } }, async () => 'oops')
    app.get('/looks', { config: { access, scope: 'filtered' } }, async (request) => ({
      machines: request.machineScope?.machineNos,
    }))
    const ask = async (url: string) => {
      const reply = await app.inject({ url, headers: { authorization: 'Bearer sst_x' } })
      return { status: reply.statusCode, body: reply.json() }
    }
    expect(await ask('/unsaid')).toMatchObject({ status: 403, body: { code: 'SCOPED_ACCOUNT' } })
    expect((await ask('/forgets')).status).toBe(500)
    expect(await ask('/looks')).toEqual({ status: 200, body: { machines: [] } })
  })

  for (const role of ['admin', 'viewer'] as const) {
    it(`tells a scoped ${role} nothing of another machine`, async () => {
      const scoped = await openScopedFleet()
      const who = await person(scoped.fleet, 'lara', role)
      const answers = await askEverything(scoped, who)
      expect(answers.length).toBeGreaterThan(80)
      // Refused for who asks, not for what the test forgot to say.
      const careless = answers.filter(([, answer]) => answer.body.code === 'REQUEST_INVALID')
      expect(careless.map(([route, answer]) => [route, answer.body.message])).toEqual([])
      for (const [route, answer] of answers) {
        expectNoSecret(route, answer)
        const handling = scoped.fleet.central.routeScope.get(route)
        if (handling === 'unscoped-only') {
          expect([route, answer.status, answer.body.code]).toEqual([route, 403, 'SCOPED_ACCOUNT'])
        }
        if (handling === 'machine') {
          expect([route, [403, 404].includes(answer.status)]).toEqual([route, true])
        }
        expect([route, answer.status < 500]).toEqual([route, true])
      }
      // None of it was done either.
      const order = (await scoped.fleet.get(`/orders/${scoped.ids.orderId}`)).body
      expect(order).toMatchObject({ state: 'running', counts: { sent: 1 } })
    }, 60_000)
  }

  it('would have told it: an administrator for all machines hears of it nearly everywhere', async () => {
    const scoped = await openScopedFleet()
    scoped.secret.answer = () => ({ status: 500, body: {} })
    const admin = withHeaders(scoped.fleet, { cookie: scoped.fleet.cookie })
    // Without the answers as they come: those of an open question never end.
    const answers = await askEverything(scoped, admin, /^GET (?!.*\/stream$)/)
    const told = answers.filter(([, { body }]) => SECRET.test(JSON.stringify(body)))
    expect(told.length).toBeGreaterThan(25)
  }, 60_000)

  it('tells a token with a scope no more than a user with one', async () => {
    const scoped = await openScopedFleet()
    const permissions = [
      'inventory.read',
      'machines.ask',
      'content.read',
      'orders.create',
      'audit.read',
    ]
    const made = await scoped.fleet.post('/tokens', { name: 'lab', permissions, scope: [LABEL] })
    expect(made).toMatchObject({ status: 201, body: { scope: [LABEL] } })
    const who = withHeaders(scoped.fleet, { authorization: `Bearer ${made.body.secret}` })
    for (const [route, answer] of await askEverything(scoped, who)) expectNoSecret(route, answer)
    expect((await who.get('/machines')).body.machines).toHaveLength(1)
  }, 60_000)
})

describe('within a scope', () => {
  it('everything is as if there were no other machine, counts included', async () => {
    const scoped = await openScopedFleet()
    const { lab, labStream } = scoped
    const who = await person(scoped.fleet, 'lara', 'operator')
    const body = async (path: string) => (await who.get(path)).body
    expect((await body('/machines')).machines).toMatchObject([
      { hostname: 'LAB-1', streamCount: 1 },
    ])
    expect(await body('/streams')).toMatchObject({ total: 1, totalIsExact: true })
    for (const q of ['zone:3', 'NOT zone:4', 'name:setup.exe OR name:secret-file.exe', 'setup']) {
      expect([q, (await body(`/streams?q=${encodeURIComponent(q)}`)).total]).toEqual([q, 1])
    }
    expect(await body('/streams?q=machine:SECRET-MACHINE')).toMatchObject({ total: 0, streams: [] })
    expect(await body('/streams/facets')).toMatchObject({
      total: 1,
      machines: [{ value: 'LAB-1', count: 1 }],
      verdicts: [{ value: 'mark', count: 1 }],
      zones: [{ value: '3', count: 1 }],
      hosts: [{ value: 'cdn.example.com', count: 1 }],
      names: [{ value: 'Zone.Identifier', count: 1 }],
    })
    const suggested = async (q: string) =>
      (await body(`/streams/suggest?q=${encodeURIComponent(q)}&position=${q.length}`)).suggestions
    expect(await suggested('machine:')).toMatchObject([{ text: 'LAB-1', count: 1 }])
    expect(await suggested('name:s')).toMatchObject([{ text: 'setup.exe' }])
    expect(await suggested('label:')).toMatchObject([{ text: LABEL }])
    expect(await suggested('rule:secret')).toEqual([])
    expect(await suggested('zone:')).toMatchObject([{ text: '3' }])
    expect((await body('/coverage')).counts).toMatchObject({ machines: 1, online: 1 })
    expect((await body('/trends')).samples).toMatchObject([{ machines: 1, online: 1, streams: 1 }])
    const files = await body('/files?name=setup.exe')
    expect(files.machines.map(({ hostname }: { hostname: string }) => hostname)).toEqual(['LAB-1'])
    expect((await body(`/streams/${labStream}`)).hostname).toBe('LAB-1')
    for (const path of ['/streams/export', '/machines/export', '/coverage/export']) {
      const lines = String(await body(path))
        .trim()
        .split('\n')
        .filter(Boolean)
      expect([path, lines.length <= 1]).toEqual([path, true])
    }
    const own = (await body(`/machines/${lab.machineId}`)).machine
    expect(own).toMatchObject({ hostname: 'LAB-1', labels: [LABEL] })
  }, 60_000)

  it('an order is frozen, seen, cancelled and undone; one that goes beyond is not there', async () => {
    const scoped = await openScopedFleet()
    const { fleet, lab, secret, ids } = scoped
    const who = await person(fleet, 'lara', 'operator')
    const { body: frozen } = await who.post('/orders/previews?waitMs=20000', {
      action: 'strip',
      selection: { query: 'stream:Zone.Identifier' },
    })
    expect(frozen).toMatchObject({ state: 'ready', targetCount: 1, machineCount: 1, excluded: [] })
    expect(frozen.byMachine).toMatchObject([{ hostname: 'LAB-1' }])
    const { previewId } = frozen
    const order = await who.post('/orders', { previewId, confirmCount: 1, reason: 'ours' })
    expect(order.status).toBe(201)
    expect((await who.get('/orders')).body.orders).toHaveLength(1)
    expect((await who.get(`/orders/${order.body.orderId}/targets`)).body.targets).toHaveLength(1)
    const cancelled = await who.post(`/orders/${order.body.orderId}/cancel`, { reason: 'because' })
    expect(cancelled.status).toBe(200)
    // Of both machines: the administrator's.
    const other = stream({
      path: 'C:\\both.exe',
      links: ['C:\\both.exe'],
      identity: 'ntfs:7' as never,
    })
    for (const agent of [lab, secret]) await agent.report([other])
    const both = await fleet.preview({ action: 'strip', selection: { query: 'name:both.exe' } })
    expect(both.targetCount).toBe(2)
    const theirs = await fleet.post('/orders', {
      previewId: both.previewId,
      confirmCount: 2,
      reason: 'secret reason',
    })
    expect((await who.get(`/orders/${theirs.body.orderId}`)).status).toBe(404)
    expect((await who.get('/orders')).body.orders).toHaveLength(1)
    const approver = await person(fleet, 'anna', 'approver')
    for (const orderId of [ids.orderId, theirs.body.orderId]) {
      const refused = await approver.post(`/orders/${orderId}/reject`, { reason: 'because' })
      expect(refused).toMatchObject({ status: 404, body: { code: 'ORDER_NOT_FOUND' } })
    }
  }, 60_000)

  it('files of another machine get no mark, and a preview made for all machines is nobody’s within', async () => {
    const { fleet, ids } = await openScopedFleet()
    const who = await person(fleet, 'lara', 'operator')
    const file = { machineId: ids.machineId, volumeId: 'ntfs-1', identity: 'ntfs:1', path: 'C:\\x' }
    const origin = { zone: 3, hostUrl: null, referrerUrl: null }
    const marked = await who.post('/orders/previews', {
      action: 'mark',
      origin,
      selection: { files: [file] },
    })
    expect([400, 404]).toContain(marked.status)
    const { previewId } = await fleet.preview({
      action: 'strip',
      selection: { query: 'name:none' },
    })
    expect((await who.get(`/orders/previews/${previewId}`)).status).toBe(404)
    expect(
      (await who.post('/orders', { previewId, confirmCount: 1, reason: 'because' })).status,
    ).toBe(404)
  })

  it('a live query asks those machines only, however it is put', async () => {
    const { fleet, ids } = await openScopedFleet()
    const who = await person(fleet, 'lara', 'analyst')
    const asked = await who.post('/live-queries', { query: '', machines: { isAll: true } })
    expect(asked).toMatchObject({ status: 201, body: { machineCount: 1 } })
    expect((await who.get('/live-queries')).body.questions).toHaveLength(1)
    expect((await fleet.get('/live-queries')).body.questions).toHaveLength(2)
    const beyond = { query: '', machines: { machineIds: [ids.machineId] } }
    expect(await who.post('/live-queries', beyond)).toMatchObject({
      status: 400,
      body: { code: 'NO_MACHINES' },
    })
    expect((await who.get(`/live-queries/${ids.questionId}/stream`)).status).toBe(404)
  })

  it('a saved query counts those machines only, also when an administrator runs it', async () => {
    const { fleet } = await openScopedFleet()
    const who = await person(fleet, 'lara', 'analyst')
    const settings = { kind: 'inventory', name: 'all', query: '', schedule: null }
    const { body } = await who.post('/saved-queries', settings)
    expect((await who.post(`/saved-queries/${body.savedId}/run`, {})).body.lastTotal).toBe(1)
    expect((await fleet.post(`/saved-queries/${body.savedId}/run`, {})).body.lastTotal).toBe(1)
    expect((await who.get('/saved-queries')).body.queries).toHaveLength(1)
    expect((await fleet.get('/saved-queries')).body.queries).toHaveLength(2)
  })

  it('the audit log has the own deeds and what was done to these machines', async () => {
    const { fleet, lab } = await openScopedFleet()
    const who = await person(fleet, 'lara', 'analyst')
    await who.post('/live-queries', { query: '', machines: { isAll: true } })
    const { entries, cursor } = (await who.get('/audit?limit=200')).body
    expect(cursor).toBeNull()
    for (const { actor, subject } of entries as { actor: string; subject: string }[]) {
      const isOfMachine = subject === lab.machineId || actor === `machine:${lab.machineId}`
      expect([actor, subject, actor === 'lara' || isOfMachine]).toEqual([actor, subject, true])
    }
    expect(entries.map(({ action }: { action: string }) => action)).toContain('live.asked')
  })
})

describe('a scope', () => {
  it('follows the labels at once, by hand and by rule', async () => {
    const { fleet, secret, lab, labStream } = await openScopedFleet()
    const who = await person(fleet, 'lara', 'viewer')
    const names = async () =>
      (await who.get('/machines')).body.machines.map((one: { hostname: string }) => one.hostname)
    const total = async () => (await who.get('/streams')).body.total
    expect([await names(), await total()]).toEqual([['LAB-1'], 1])
    await label(fleet, secret, ['secret-label', LABEL.toLowerCase()])
    expect([await names(), await total()]).toEqual([['LAB-1', 'SECRET-MACHINE'], 4])
    await label(fleet, secret, [])
    expect([await names(), await total()]).toEqual([['LAB-1'], 1])
    const rule = { label: LABEL, facts: { hostname: 'SECRET-*' } }
    const { ruleNo } = (await fleet.post('/label-rules', rule)).body
    expect([await names(), await total()]).toEqual([['LAB-1', 'SECRET-MACHINE'], 4])
    await fleet.call('DELETE', `/api/v1/label-rules/${ruleNo}`)
    await label(fleet, lab, [])
    expect([await names(), await total()]).toEqual([[], 0])
    expect((await who.get(`/streams/${labStream}`)).status).toBe(404)
  }, 60_000)

  it('can be given and taken while somebody is signed in, and a token follows its owner', async () => {
    const { fleet } = await openScopedFleet()
    const who = await person(fleet, 'lara', 'operator', null)
    const permissions = ['inventory.read']
    const { secret } = (await who.post('/tokens', { name: 'script', permissions })).body
    const script = withHeaders(fleet, { authorization: `Bearer ${secret}` })
    const count = async (one: Person) => (await one.get('/machines')).body.machines.length
    expect([await count(who), await count(script)]).toEqual([2, 2])
    const change = (scope: unknown) => fleet.call('PATCH', '/api/v1/users/lara', { scope })
    expect((await change([LABEL])).body.scope).toEqual([LABEL])
    expect((await who.get('/machines')).status).toBe(401)
    expect([await count(await signIn(fleet, 'lara')), await count(script)]).toEqual([1, 1])
    const again = await signIn(fleet, 'lara')
    const wider = { name: 'wider', permissions, scope: ['secret-label'] }
    expect((await again.post('/tokens', wider)).status).toBe(403)
    await change(['secret-label'])
    const own = await signIn(fleet, 'lara')
    const narrow = { name: 'narrow', permissions, scope: ['secret-label'] }
    const other = (await own.post('/tokens', narrow)).body.secret
    await change([LABEL])
    const orphan = withHeaders(fleet, { authorization: `Bearer ${other}` })
    expect((await orphan.get('/session')).body.scope).toEqual([])
    expect(await count(orphan)).toBe(0)
  }, 60_000)

  it('leaves an administrator who has one without what concerns all machines, and is no last administrator', async () => {
    const fleet = await openFleet()
    const who = await person(fleet, 'lara', 'admin')
    const { permissions } = (await who.get('/session')).body
    expect(permissions).not.toContain('users.manage')
    expect(permissions).not.toContain('rules.manage')
    const last = await fleet.call('PATCH', '/api/v1/users/admin', { scope: [LABEL] })
    expect(last).toMatchObject({ status: 409, body: { code: 'LAST_ADMIN' } })
    const bad = { username: 'x', password: 'a password of some length', role: 'viewer', scope: [] }
    expect((await fleet.post('/users', bad)).status).toBe(400)
  })

  it('is on record where it was refused', async () => {
    const fleet = await openFleet()
    const who = await person(fleet, 'lara', 'operator')
    await who.get('/rules')
    const { entries } = (await fleet.get('/audit')).body
    expect(entries[0]).toMatchObject({ action: 'access.denied', actor: 'lara' })
  })
})

describe('the WebSocket of events', () => {
  it('decides each type of message by the scope', () => {
    const types = ConsoleEvent.anyOf.map(({ properties }) => properties.type.const)
    expect(Object.keys(EVENT_DECISIONS).sort()).toEqual([...types].sort())
  })

  it('tells of machines, orders, previews and questions within only, and follows labels at once', async () => {
    const { fleet, lab, secret, ids } = await openScopedFleet()
    const who = await person(fleet, 'lara', 'operator')
    const events = watch(fleet, who)
    await events.opened
    const isOf = (machineId: string) => events.texts.some((text) => text.includes(machineId))
    await secret.report([stream({ path: 'C:\\secret-2.exe', links: ['C:\\secret-2.exe'] })])
    await fleet.post(`/orders/${ids.orderId}/pause`, { reason: 'secret' })
    await fleet.post(`/live-queries/${ids.questionId}/cancel`, {})
    await fleet.post(`/rules/${ids.ruleId}/run`, {})
    await fleet.preview({ action: 'strip', selection: { query: 'name:secret-2.exe' } })
    await lab.report([stream({ path: 'C:\\lab.exe', links: ['C:\\lab.exe'] })])
    await until(() => (isOf(lab.machineId) ? true : undefined))
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    for (const id of [secret.machineId, ids.orderId!, ids.questionId!]) expect(isOf(id)).toBe(false)
    expect(events.texts.filter((text) => /rule|preview|order|live/.test(text))).toEqual([])
    await label(fleet, secret, [LABEL])
    await until(() => (isOf(secret.machineId) ? true : undefined))
    // Another scope means another session: what is open ends with the next event.
    await fleet.call('PATCH', '/api/v1/users/lara', { scope: ['secret-label'] })
    await lab.report([stream({ path: 'C:\\lab-2.exe', links: ['C:\\lab-2.exe'] })])
    expect(await events.closed).toBe(4401)
  }, 60_000)
})

function watch(fleet: Fleet, { cookie }: Person) {
  const socket = new WebSocket(`${fleet.central.url.replace('http', 'ws')}/api/v1/events`, {
    headers: { cookie },
  })
  onTestFinished(() => socket.terminate())
  const texts: string[] = []
  socket.on('message', (data) => texts.push(String(data)))
  const opened = new Promise((resolve) => socket.on('open', resolve))
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  return { texts, opened, closed }
}
