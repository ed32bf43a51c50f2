import { describe, expect, it } from 'vitest'
import {
  PERMISSION_NAMES,
  PERMISSIONS,
  type PermissionName,
  ROLES,
  type Role,
  roleMay,
} from '../../../server/protocol/api/permission-table.ts'
import { ADMIN_PASSWORD, type Answer, type Fleet, openFleet } from './fleet.ts'

const PASSWORD = 'a password of some length'
const UUID = '00000000-0000-4000-8000-000000000001'

async function addUser(fleet: Fleet, username: string, role: Role): Promise<string> {
  const added = await fleet.post('/users', { username, password: PASSWORD, role })
  expect(added).toMatchObject({ status: 201, body: { username, role, isDisabled: false } })
  return cookieOf(await signIn(fleet, username))
}

function signIn(fleet: Fleet, username: string, password = PASSWORD): Promise<Answer> {
  return fleet.call('POST', '/api/v1/session', { username, password }, { cookie: '' })
}

function cookieOf(answer: Answer): string {
  expect(answer.status).toBe(200)
  return answer.headers.getSetCookie()[0]!.split(';')[0]!
}

function as(fleet: Fleet, cookie: string, method: string, path: string, body?: unknown) {
  return fleet.call(method, `/api/v1${path}`, body, { cookie })
}

describe('the table of permissions', () => {
  it('gives the administrator everything and the viewer only looks', () => {
    expect(PERMISSION_NAMES.filter((name) => !roleMay('admin', name))).toEqual([])
    expect(PERMISSION_NAMES.filter((name) => roleMay('viewer', name))).toEqual(['inventory.read'])
  })

  it('lets nobody but the administrator both create and approve orders', () => {
    const both = ROLES.filter(
      (role) => roleMay(role, 'orders.create') && roleMay(role, 'orders.approve'),
    )
    expect(both).toEqual(['admin'])
  })

  it('is what every route asks: 403 for each role without the permission, never for one with it', async () => {
    const fleet = await openFleet()
    const routes = [...fleet.central.routeAccess].filter(
      ([route, access]) => access in PERMISSIONS && !route.startsWith('HEAD '),
    ) as [string, PermissionName][]
    expect(routes.length).toBeGreaterThan(18)
    // A permission that no route asks for would be a promise that nothing keeps.
    const unused = PERMISSION_NAMES.filter((name) => !routes.some(([, asked]) => asked === name))
    expect(unused).toEqual([])
    for (const role of ROLES) {
      const cookie = await addUser(fleet, `the-${role}`, role)
      for (const [route, permission] of routes) {
        const [method, pattern] = route.split(' ') as [string, string]
        if (pattern.endsWith('/events')) continue
        const path = pattern.replace(/:\w+/g, UUID)
        // No body: where the role is right, the request is refused for what it says, not for who asks.
        const answer = await fleet.call(method, path, undefined, { cookie })
        const isDenied = answer.status === 403 && answer.body.code === 'NOT_PERMITTED'
        expect([role, route, isDenied]).toEqual([role, route, !roleMay(role, permission)])
      }
    }
  })

  it('is what every route asks that is not about the session itself', async () => {
    const fleet = await openFleet()
    const withoutPermission = [...fleet.central.routeAccess]
      .filter(([route, access]) => access === 'signed-in' && !route.startsWith('HEAD '))
      .map(([route]) => route)
    expect(withoutPermission.sort()).toEqual(['DELETE /api/v1/session', 'GET /api/v1/session'])
  })

  it('is asked where a reading route would bother machines', async () => {
    const fleet = await openFleet()
    const cookie = await addUser(fleet, 'vera', 'viewer')
    const ask = (path: string) => as(fleet, cookie, 'GET', path)
    expect((await ask('/files?name=setup.exe')).status).toBe(200)
    for (const path of ['/files', '/files/export']) {
      const denied = await ask(`${path}?name=setup.exe&live=true`)
      expect(denied).toMatchObject({
        status: 403,
        body: { code: 'NOT_PERMITTED', details: { permission: 'machines.ask' } },
      })
    }
    const { entries } = (await fleet.get('/audit')).body
    expect(entries[0]).toMatchObject({ action: 'access.denied', actor: 'vera' })
  })

  it('is asked before a console may watch events', async () => {
    const fleet = await openFleet()
    expect(fleet.central.routeAccess.get('GET /api/v1/events')).toBe('inventory.read')
  })
})

describe('a denied action', () => {
  it('says which permission is missing, and is on record once a minute', async () => {
    const fleet = await openFleet()
    const cookie = await addUser(fleet, 'vera', 'viewer')
    for (let round = 0; round < 3; round += 1) {
      const denied = await as(fleet, cookie, 'POST', '/enrolments', {})
      expect(denied).toMatchObject({
        status: 403,
        body: { code: 'NOT_PERMITTED', details: { permission: 'enrolments.create' } },
      })
      expect(denied.body.message).toContain('the role viewer lacks the permission')
    }
    const { entries } = (await fleet.get('/audit')).body
    const denials = entries.filter((entry: { action: string }) => entry.action === 'access.denied')
    expect(denials).toMatchObject([{ actor: 'vera', subject: 'POST /api/v1/enrolments' }])
  })
})

describe('a user', () => {
  it('who is disabled is out at once, with cookie and token, and cannot sign in', async () => {
    const fleet = await openFleet()
    const cookie = await addUser(fleet, 'olga', 'operator')
    const made = await as(fleet, cookie, 'POST', '/tokens', {
      name: 'script',
      permissions: ['inventory.read'],
    })
    const bearer = { cookie: '', authorization: `Bearer ${made.body.secret}` }
    expect((await fleet.call('GET', '/api/v1/streams', undefined, bearer)).status).toBe(200)
    const changed = await fleet.call('PATCH', '/api/v1/users/olga', { isDisabled: true })
    expect(changed.body).toMatchObject({ isDisabled: true })
    expect((await as(fleet, cookie, 'GET', '/session')).status).toBe(401)
    expect((await fleet.call('GET', '/api/v1/streams', undefined, bearer)).status).toBe(401)
    expect((await signIn(fleet, 'olga')).status).toBe(401)
    await fleet.call('PATCH', '/api/v1/users/olga', { isDisabled: false })
    expect((await signIn(fleet, 'olga')).status).toBe(200)
    // The session that was ended stays ended.
    expect((await as(fleet, cookie, 'GET', '/session')).status).toBe(401)
  })

  it('whose role is taken away has to sign in again, into the lesser one', async () => {
    const fleet = await openFleet()
    const cookie = await addUser(fleet, 'olga', 'operator')
    await fleet.call('PATCH', '/api/v1/users/olga', { role: 'viewer' })
    expect((await as(fleet, cookie, 'GET', '/session')).status).toBe(401)
    expect((await signIn(fleet, 'olga')).body).toMatchObject({
      role: 'viewer',
      permissions: ['inventory.read'],
    })
  })

  it('cannot be there twice, in whatever case', async () => {
    const fleet = await openFleet()
    await addUser(fleet, 'vera', 'viewer')
    const again = await fleet.post('/users', {
      username: 'VERA',
      password: PASSWORD,
      role: 'admin',
    })
    expect(again).toMatchObject({ status: 409, body: { code: 'USER_EXISTS' } })
  })

  it('who is the last administrator stays one', async () => {
    const fleet = await openFleet()
    for (const change of [{ role: 'viewer' }, { isDisabled: true }]) {
      const refused = await fleet.call('PATCH', '/api/v1/users/admin', change)
      expect(refused).toMatchObject({ status: 409, body: { code: 'LAST_ADMIN' } })
    }
    // And nothing of the refused change was kept, not even the end of the session.
    expect((await fleet.get('/session')).body).toMatchObject({ role: 'admin' })
  })

  it('changes the own password by knowing it, and is signed out everywhere', async () => {
    const fleet = await openFleet()
    const cookie = await addUser(fleet, 'vera', 'viewer')
    const change = (currentPassword: string) =>
      as(fleet, cookie, 'POST', '/session/password', {
        currentPassword,
        newPassword: 'quite another password',
      })
    expect(await change('wrong')).toMatchObject({ status: 401, body: { code: 'SIGN_IN_REFUSED' } })
    expect((await change(PASSWORD)).status).toBe(204)
    expect((await as(fleet, cookie, 'GET', '/session')).status).toBe(401)
    expect((await signIn(fleet, 'vera')).status).toBe(401)
    expect((await signIn(fleet, 'vera', 'quite another password')).status).toBe(200)
  })
})

describe('failed attempts', () => {
  it('make this address wait for this name, and nobody else for anything', async () => {
    const fleet = await openFleet()
    await addUser(fleet, 'vera', 'viewer')
    for (let round = 0; round < 5; round += 1) await signIn(fleet, 'vera', 'wrong')
    const paused = await signIn(fleet, 'vera')
    expect(paused).toMatchObject({ status: 429, body: { code: 'SIGN_IN_PAUSED' } })
    expect(paused.body.message).toMatch(/try again in \d+ s$/)
    expect((await signIn(fleet, 'admin', ADMIN_PASSWORD)).status).toBe(200)
    fleet.clock.moveBy(31_000)
    expect((await signIn(fleet, 'vera')).status).toBe(200)
  })
})

describe('an API token', () => {
  const bearer = (secret: string) => ({ cookie: '', authorization: `Bearer ${secret}` })

  it('does what it was given and nothing else of what its owner may do', async () => {
    const fleet = await openFleet()
    const made = await fleet.post('/tokens', { name: 'export', permissions: ['inventory.read'] })
    expect(made.status).toBe(201)
    expect(made.body.secret).toMatch(/^sst_[\w-]{43}$/)
    const ask = (method: string, path: string, body?: unknown) =>
      fleet.call(method, `/api/v1${path}`, body, bearer(made.body.secret))
    expect((await ask('GET', '/streams')).status).toBe(200)
    expect((await ask('GET', '/session')).body).toMatchObject({
      username: 'admin',
      permissions: ['inventory.read'],
      tokenName: 'export',
    })
    const denied = await ask('GET', '/audit')
    expect(denied.body.message).toBe(
      'the token export lacks the permission audit.read; an administrator can give it',
    )
    for (const path of ['/tokens', '/session/password']) {
      const refused = await ask('POST', path, {})
      expect(refused).toMatchObject({ status: 403, body: { code: 'NOT_PERMITTED' } })
    }
  })

  it('can be given no more than its owner has', async () => {
    const fleet = await openFleet()
    const cookie = await addUser(fleet, 'vera', 'viewer')
    const request = { name: 'more', permissions: ['inventory.read', 'audit.read'] }
    const refused = await as(fleet, cookie, 'POST', '/tokens', request)
    expect(refused).toMatchObject({ status: 403, body: { code: 'NOT_PERMITTED' } })
  })

  it('shrinks with its owner’s role', async () => {
    const fleet = await openFleet()
    const cookie = await addUser(fleet, 'anna', 'analyst')
    const made = await as(fleet, cookie, 'POST', '/tokens', {
      name: 'audit',
      permissions: ['audit.read'],
    })
    const ask = () => fleet.call('GET', '/api/v1/audit', undefined, bearer(made.body.secret))
    expect((await ask()).status).toBe(200)
    await fleet.call('PATCH', '/api/v1/users/anna', { role: 'viewer' })
    expect((await ask()).status).toBe(403)
  })

  it('ends when it is ended, or expires', async () => {
    const fleet = await openFleet()
    const make = async (validForDays: number) =>
      (await fleet.post('/tokens', { name: 't', permissions: ['inventory.read'], validForDays }))
        .body
    const [ended, expiring] = [await make(300), await make(1)]
    const ask = async ({ secret }: { secret: string }) =>
      (await fleet.call('GET', '/api/v1/streams', undefined, bearer(secret))).status
    expect(await ask(ended)).toBe(200)
    expect((await fleet.call('DELETE', `/api/v1/tokens/${ended.tokenId}`)).status).toBe(204)
    expect(await ask(ended)).toBe(401)
    expect(await ask(expiring)).toBe(200)
    fleet.clock.moveBy(25 * 60 * 60 * 1000)
    expect(await ask(expiring)).toBe(401)
  })

  it('of somebody else can only be ended by who manages users', async () => {
    const fleet = await openFleet()
    const made = await fleet.post('/tokens', { name: 'mine', permissions: ['inventory.read'] })
    const cookie = await addUser(fleet, 'olga', 'operator')
    expect((await as(fleet, cookie, 'GET', '/tokens')).body).toEqual({ tokens: [] })
    const refused = await as(fleet, cookie, 'DELETE', `/tokens/${made.body.tokenId}`)
    expect(refused).toMatchObject({ status: 404, body: { code: 'TOKEN_NOT_FOUND' } })
  })
})
