/** Who may ask central, how it refuses, and what it says of its own health. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assembleCentral } from '../../../server/central/start-central.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { ADMIN_PASSWORD, openFleet } from './fleet.ts'
import { streams } from './test-agent.ts'

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
