import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PERMISSION_NAMES } from '../../../server/protocol/api/permission-table.ts'
import { ADMIN_PASSWORD, openFleet } from './fleet.ts'

const HOUR = 60 * 60 * 1000

describe('signing in', () => {
  it('gives a cookie that no script can read and no other site can send', async () => {
    const fleet = await openFleet()
    const answer = await fleet.signIn()
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      username: 'admin',
      role: 'admin',
      source: 'local',
      permissions: PERMISSION_NAMES,
      expiresAt: expect.any(String),
      scope: null,
      missing: null,
      sessionId: expect.any(Number),
      tokenName: null,
    })
    const [cookie] = answer.headers.getSetCookie()
    expect(cookie).toMatch(/^sidestream_session=[\w-]{43}; /)
    for (const flag of ['HttpOnly', 'SameSite=Strict', 'Path=/'])
      expect(cookie).toContain(`; ${flag}`)
    expect(cookie).not.toContain('Secure')
  })

  it('behind a proxy that ends TLS gives a cookie that only goes over TLS', async () => {
    const origin = 'https://sidestream.example'
    const fleet = await openFleet({ allowedOrigins: [origin] })
    const credentials = { username: 'admin', password: ADMIN_PASSWORD }
    const answer = await fleet.call('POST', '/api/v1/session', credentials, { origin })
    expect(answer.headers.getSetCookie()[0]).toContain('; Secure')
  })

  it('is refused alike for a wrong password and an unknown user, and is put on record', async () => {
    const fleet = await openFleet()
    const wrong = await fleet.post('/session', { username: 'admin', password: 'wrong' })
    const unknown = await fleet.post('/session', { username: 'nobody', password: ADMIN_PASSWORD })
    expect(wrong).toMatchObject({ status: 401, body: { code: 'SIGN_IN_REFUSED' } })
    expect(unknown.body).toEqual(wrong.body)
    expect(wrong.headers.getSetCookie()).toEqual([])
    const { entries } = (await fleet.get('/audit')).body
    expect(entries.slice(0, 2)).toMatchObject([
      { action: 'session.refused', subject: 'nobody' },
      { action: 'session.refused', subject: 'admin' },
    ])
  })

  it('takes as long for an unknown user as for a wrong password', async () => {
    const fleet = await openFleet()
    const time = async (username: string): Promise<number> => {
      const begin = performance.now()
      await fleet.post('/session', { username, password: 'wrong' })
      return performance.now() - begin
    }
    const times: [number[], number[]] = [[], []]
    for (let round = 0; round < 5; round += 1) {
      times[0].push(await time('admin'))
      times[1].push(await time('nobody'))
    }
    const [known, unknown] = times.map((each) => Math.min(...each)) as [number, number]
    // Without the work for nobody's hash it is a tenth.
    expect(unknown).toBeGreaterThan(known / 3)
  })

  it('too often from one address is stopped for a while, and says so', async () => {
    const fleet = await openFleet()
    const statuses: number[] = []
    for (let round = 0; round < 20; round += 1) {
      const username = `guess-${round}`
      statuses.push((await fleet.post('/session', { username, password: 'x' })).status)
    }
    expect(statuses.slice(0, 19)).toEqual(Array(19).fill(401))
    const stopped = await fleet.post('/session', { username: 'admin', password: ADMIN_PASSWORD })
    expect(stopped).toMatchObject({ status: 429, body: { code: 'TOO_MANY_REQUESTS' } })
    // Whoever is signed in goes on working.
    expect((await fleet.get('/session')).status).toBe(200)
  })
})

describe('a session', () => {
  it('is over after twelve hours', async () => {
    const fleet = await openFleet()
    fleet.clock.moveBy(12 * HOUR - 60_000)
    expect((await fleet.get('/session')).status).toBe(200)
    fleet.clock.moveBy(120_000)
    expect(await fleet.get('/session')).toMatchObject({
      status: 401,
      body: { code: 'NOT_SIGNED_IN' },
    })
  })

  it('is over at sign-out, for a copy of the cookie too', async () => {
    const fleet = await openFleet()
    const out = await fleet.call('DELETE', '/api/v1/session')
    expect(out.status).toBe(204)
    expect(out.headers.getSetCookie()[0]).toMatch(/^sidestream_session=; /)
    expect((await fleet.get('/machines')).status).toBe(401)
  })

  it('is listed with where it is from, and can be ended from another', async () => {
    const fleet = await openFleet()
    const here = fleet.cookie
    const credentials = { username: 'admin', password: ADMIN_PASSWORD }
    const headers = { cookie: '', 'user-agent': 'a browser elsewhere' }
    const elsewhere = (await fleet.call('POST', '/api/v1/session', credentials, headers)).headers
      .getSetCookie()[0]!
      .split(';')[0]!
    const { sessions } = (await fleet.get('/sessions')).body
    expect(sessions).toMatchObject([
      { isThis: false, userAgent: 'a browser elsewhere', remoteAddress: '127.0.0.1' },
      { isThis: true, username: 'admin' },
    ])
    const ended = await fleet.call('DELETE', `/api/v1/sessions/${sessions[0].sessionId}`)
    expect(ended.status).toBe(204)
    const ask = async (cookie: string): Promise<number> =>
      (await fleet.call('GET', '/api/v1/session', undefined, { cookie })).status
    expect([await ask(elsewhere), await ask(here)]).toEqual([401, 200])
    expect((await fleet.get('/sessions')).body.sessions).toHaveLength(1)
  })

  it('of somebody else is seen and ended by who manages users, and nobody else', async () => {
    const fleet = await openFleet()
    const vera = { username: 'vera', password: 'a password of some length' }
    await fleet.post('/users', { ...vera, role: 'viewer' })
    const answer = await fleet.call('POST', '/api/v1/session', vera, { cookie: '' })
    const cookie = answer.headers.getSetCookie()[0]!.split(';')[0]!
    const ofVera = await fleet.call('GET', '/api/v1/sessions', undefined, { cookie })
    expect(ofVera.body.sessions).toMatchObject([{ username: 'vera', isThis: true }])
    const { sessions } = (await fleet.get('/sessions')).body
    expect(sessions.map(({ username }: { username: string }) => username)).toEqual([
      'vera',
      'admin',
    ])
    const end = (sessionId: number, headers = {}) =>
      fleet.call('DELETE', `/api/v1/sessions/${sessionId}`, undefined, headers)
    const refused = await end(sessions[1].sessionId, { cookie })
    expect(refused).toMatchObject({ status: 404, body: { code: 'SESSION_NOT_FOUND' } })
    expect((await end(sessions[0].sessionId)).status).toBe(204)
    expect((await fleet.call('GET', '/api/v1/session', undefined, { cookie })).status).toBe(401)
    const { entries } = (await fleet.get('/audit')).body
    expect(entries[0]).toMatchObject({ actor: 'admin', action: 'session.ended', subject: 'vera' })
  })

  it('survives a restart of central', async () => {
    const fleet = await openFleet()
    await fleet.restart()
    expect((await fleet.get('/session')).body.username).toBe('admin')
  })

  it('leaves neither its token nor the password in the data directory', async () => {
    const fleet = await openFleet()
    const token = fleet.cookie.split('=')[1]!
    const enrolment = await fleet.token()
    await fleet.restart()
    const file = readFileSync(join(fleet.dataDir, 'central.sqlite')).toString('latin1')
    // Not even half of one.
    for (const secret of [token, enrolment, ADMIN_PASSWORD]) {
      expect(file).not.toContain(secret.slice(0, 16))
    }
    expect(file).toContain('$argon2id$v=19$m=19456,t=2,p=1$')
  })
})

describe('the first run', () => {
  it('makes up a password of at least 20 characters, shown once and never again', async () => {
    const fleet = await openFleet({ adminPassword: undefined })
    const password = fleet.central.firstPassword!
    expect(password).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){4}$/)
    expect((await fleet.get('/session')).body.username).toBe('admin')
    await fleet.restart()
    expect(fleet.central.firstPassword).toBe(null)
    expect((await fleet.signIn(password)).status).toBe(200)
  })

  it('uses the password that it was given, and later runs do not change it', async () => {
    const fleet = await openFleet({ adminPassword: 'given to it' })
    expect(fleet.central.firstPassword).toBe(null)
    expect((await fleet.signIn('given to it')).status).toBe(200)
  })
})
