import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret, TOTP } from 'otpauth'
import { describe, expect, it } from 'vitest'
import type { Role } from '../../../server/protocol/api/permission-table.ts'
import { ADMIN_PASSWORD, type Answer, type Fleet, openFleet } from './fleet.ts'

const PASSWORD = 'a password of some length'

/** Somebody with a browser of their own, and maybe an app. */
class Person {
  readonly fleet: Fleet
  readonly username: string
  secret = ''
  recoveryCodes: string[] = []
  cookie = ''

  constructor(fleet: Fleet, username = 'olga') {
    this.fleet = fleet
    this.username = username
  }

  async add(role: Role): Promise<this> {
    await this.fleet.post('/users', { username: this.username, password: PASSWORD, role })
    return this
  }

  async signIn(): Promise<Answer> {
    const body = { username: this.username, password: PASSWORD }
    const answer = await this.fleet.call('POST', '/api/v1/session', body, { cookie: '' })
    this.cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    return answer
  }

  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.fleet.call(method, `/api/v1${path}`, body, { cookie: this.cookie })
  }

  give(code: string): Promise<Answer> {
    return this.ask('POST', '/session/factor', { code })
  }

  /** What the app shows at central's time, or so many steps of 30 s from it. */
  code(steps = 0): string {
    const secret = Secret.fromBase32(this.secret)
    const timestamp = this.fleet.clock.now() + steps * 30_000
    return new TOTP({ secret }).generate({ timestamp })
  }

  async enrol(): Promise<this> {
    this.secret = (await this.ask('POST', '/session/factor/enrolment', {})).body.secret
    const confirmed = await this.ask('POST', '/session/factor/confirmation', { code: this.code() })
    expect(confirmed.status).toBe(200)
    this.recoveryCodes = confirmed.body.recoveryCodes
    // The code that confirmed is used up.
    this.fleet.clock.moveBy(30_000)
    return this
  }
}

async function enrolled(role: Role = 'operator'): Promise<Person> {
  const person = await new Person(await openFleet()).add(role)
  await person.signIn()
  return person.enrol()
}

const wrongOf = (code: string): string => code.replace(/\d/, (digit) => String((+digit + 1) % 10))

describe('a second factor', () => {
  it('is what an app can take, and counts only when a code has shown that it did', async () => {
    const person = await new Person(await openFleet()).add('operator')
    await person.signIn()
    const { body } = await person.ask('POST', '/session/factor/enrolment', {})
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/)
    const uri = new URL(body.uri)
    expect([uri.protocol, uri.searchParams.get('secret')]).toEqual(['otpauth:', body.secret])
    expect(decodeURIComponent(uri.pathname)).toContain('Sidestream:olga')
    // Not confirmed: the password alone is enough.
    expect((await person.signIn()).body.missing).toBe(null)
    person.secret = body.secret
    const wrong = await person.ask('POST', '/session/factor/confirmation', {
      code: wrongOf(person.code()),
    })
    expect(wrong).toMatchObject({ status: 401, body: { code: 'FACTOR_REFUSED' } })
    const confirmed = await person.ask('POST', '/session/factor/confirmation', {
      code: person.code(),
    })
    expect(confirmed.body.recoveryCodes).toHaveLength(10)
    expect((await person.signIn()).body).toMatchObject({ missing: 'factor', permissions: [] })
    const { users } = (await person.fleet.get('/users')).body
    expect(users).toMatchObject([{ hasFactor: false }, { username: 'olga', hasFactor: true }])
  })

  it('that is missing leaves only the way to give it, whatever the role may do', async () => {
    const person = await enrolled()
    await person.signIn()
    const routes = [...person.fleet.central.routeAccess].filter(
      ([route, access]) => access !== 'public' && !/^HEAD|\/events$/.test(route),
    )
    const open: string[] = []
    for (const [route] of routes) {
      const [method, pattern] = route.split(' ') as [string, string]
      if (route === 'DELETE /api/v1/session') continue
      const path = pattern.replace('/api/v1', '').replace(/:\w+/g, '1')
      const answer = await person.ask(method, path)
      const isRefused = answer.status === 403 && answer.body.code === 'FACTOR_MISSING'
      if (!isRefused) open.push(route)
    }
    expect(open.sort()).toEqual([
      'GET /api/v1/session',
      'POST /api/v1/session/factor',
      'POST /api/v1/session/factor/confirmation',
      'POST /api/v1/session/factor/enrolment',
    ])
    // And these two do not replace a factor that there is.
    const again = await person.ask('POST', '/session/factor/enrolment', {})
    expect(again).toMatchObject({ status: 409, body: { code: 'FACTOR_EXISTS' } })
    expect((await person.ask('DELETE', '/session')).status).toBe(204)
  })

  it('completes the session, and each code does so once', async () => {
    const person = await enrolled()
    await person.signIn()
    const code = person.code()
    expect((await person.give(code)).body).toMatchObject({ missing: null, role: 'operator' })
    expect((await person.ask('GET', '/streams')).status).toBe(200)
    await person.signIn()
    expect((await person.give(code)).body).toMatchObject({ code: 'FACTOR_REFUSED' })
    // Nor one that is older than what was taken, though its time is not over.
    expect((await person.give(person.code(-1))).status).toBe(401)
    person.fleet.clock.moveBy(30_000)
    expect((await person.give(person.code())).status).toBe(200)
  })

  it('is taken from a clock that is half a minute off, not from one that is more', async () => {
    const person = await enrolled()
    await person.signIn()
    expect((await person.give(person.code(2))).status).toBe(401)
    expect((await person.give(person.code(1))).status).toBe(200)
  })

  it('has to come within ten minutes of the password', async () => {
    const person = await enrolled()
    await person.signIn()
    person.fleet.clock.moveBy(11 * 60_000)
    expect((await person.give(person.code())).body).toMatchObject({ code: 'NOT_SIGNED_IN' })
  })

  it('cannot be guessed from many sessions: after five wrong codes the user has to wait', async () => {
    const person = await enrolled()
    for (let round = 0; round < 5; round += 1) {
      await person.signIn()
      expect((await person.give(wrongOf(person.code()))).status).toBe(401)
    }
    await person.signIn()
    const paused = await person.give(person.code())
    expect(paused).toMatchObject({ status: 429, body: { code: 'SIGN_IN_PAUSED' } })
    // Who does not have the password cannot do that to anybody.
    const other = await new Person(person.fleet, 'vera').add('viewer')
    expect((await other.signIn()).body.missing).toBe(null)
    person.fleet.clock.moveBy(60_000)
    expect((await person.give(person.code())).status).toBe(200)
    const { entries } = (await person.fleet.get('/audit')).body
    const refused = entries.filter((entry: { action: string }) => entry.action === 'factor.refused')
    expect(refused).toHaveLength(5)
  })

  it('can be done without for once, by a recovery code, however it is typed', async () => {
    const person = await enrolled()
    const [code, another] = person.recoveryCodes as [string, string]
    expect(code).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){2}$/)
    await person.signIn()
    expect((await person.give(` ${code.toUpperCase().replaceAll('-', ' ')}`)).status).toBe(200)
    expect((await person.ask('GET', '/session/factor')).body).toEqual({
      isEnrolled: true,
      isRequired: false,
      recoveryCodesLeft: 9,
    })
    await person.signIn()
    expect((await person.give(code)).status).toBe(401)
    expect((await person.give(another)).status).toBe(200)
    const file = () => readFileSync(join(person.fleet.dataDir, 'central.sqlite')).toString('latin1')
    await person.fleet.restart()
    expect(file()).not.toContain(another)
  })

  it('goes away by a code of it, or by an administrator, who ends the sessions with it', async () => {
    const person = await enrolled()
    const remove = (code: string) => person.ask('POST', '/session/factor/removal', { code })
    expect((await remove(wrongOf(person.code()))).status).toBe(401)
    expect((await remove(person.code())).status).toBe(204)
    expect((await person.signIn()).body.missing).toBe(null)
    await person.enrol()
    const reset = await person.fleet.call('DELETE', '/api/v1/users/olga/factor')
    expect(reset.status).toBe(204)
    expect((await person.ask('GET', '/session')).status).toBe(401)
    expect((await person.signIn()).body.missing).toBe(null)
    const { entries } = (await person.fleet.get('/audit')).body
    const removals = entries.filter(
      (entry: { action: string }) => entry.action === 'factor.removed',
    )
    expect(removals).toMatchObject([
      { actor: 'admin', subject: 'olga', details: { endedSessions: 2 } },
      { actor: 'olga', subject: 'olga' },
    ])
  })
})

describe('a role that needs a second factor', () => {
  it('cannot be acted in before there is one', async () => {
    const fleet = await openFleet()
    const person = await new Person(fleet).add('operator')
    await person.signIn()
    const set = await fleet.call('PUT', '/api/v1/factor-roles', { roles: ['operator'] })
    expect(set.body).toEqual({ roles: ['operator'] })
    // Who was in without one is out.
    expect((await person.ask('GET', '/session')).status).toBe(401)
    expect((await person.signIn()).body).toMatchObject({ missing: 'enrolment', permissions: [] })
    expect((await person.ask('GET', '/streams')).body.code).toBe('FACTOR_MISSING')
    await person.enrol()
    expect((await person.ask('GET', '/streams')).status).toBe(200)
    const refused = await person.ask('POST', '/session/factor/removal', { code: person.code() })
    expect(refused).toMatchObject({ status: 409, body: { code: 'FACTOR_REQUIRED' } })
  })

  it('cannot become one’s own before one has a factor', async () => {
    const fleet = await openFleet()
    const refused = await fleet.call('PUT', '/api/v1/factor-roles', { roles: ['admin'] })
    expect(refused).toMatchObject({ status: 409, body: { code: 'FACTOR_NOT_ENROLLED' } })
    expect((await fleet.signIn(ADMIN_PASSWORD)).body.missing).toBe(null)
  })
})
