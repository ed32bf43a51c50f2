/** People of a real OpenID provider, a process of its own, sign in to a real central. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CookieJar } from '../../support/cookie-jar.ts'
import { freePort } from '../../support/free-port.ts'
import { type OpenIdProviderProcess, startOpenIdProvider } from '../../support/openid-provider.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { type Fleet, openFleet } from './fleet.ts'

describe('signing in by OpenID', () => {
  let provider: OpenIdProviderProcess
  let port: number

  beforeAll(async () => {
    port = await freePort()
    provider = await startOpenIdProvider(`http://127.0.0.1:${port}`)
  })
  afterAll(() => provider?.stop())

  const open = (changes: object = {}): Promise<Fleet> =>
    openFleet({ port, openIdFile: provider.writeConfig(tempFolder(), changes) })

  /** As a browser does it, through the provider's pages; stops before it asks for the callback. */
  async function toCallback(fleet: Fleet, jar: CookieJar, login: string): Promise<string> {
    let url = `${fleet.central.url}/api/v1/openid/start`
    for (let step = 0; step < 15; step += 1) {
      const response = await jar.ask(url)
      const location = response.headers.get('location')
      if (location !== null) {
        url = new URL(location, url).href
        if (url.includes('/openid/callback') || url.includes('failure=')) return url
        continue
      }
      const page = await response.text()
      const [, action] = /action="([^"]+)"/.exec(page)!
      const [, prompt] = /name="prompt" value="([^"]+)"/.exec(page)!
      const body = new URLSearchParams({ prompt: prompt!, login, password: 'any' })
      const sent = await jar.ask(new URL(action!, url).href, { method: 'POST', body })
      url = new URL(sent.headers.get('location')!, url).href
    }
    throw new Error('the provider did not come to an end')
  }

  async function signIn(fleet: Fleet, login: string, jar = new CookieJar()): Promise<Response> {
    return jar.ask(await toCallback(fleet, jar, login))
  }

  const session = async (fleet: Fleet, jar: CookieJar) =>
    fleet.call('GET', '/api/v1/session', undefined, { cookie: jar.cookieFor(fleet.central.url) })

  const reasonsOf = async (fleet: Fleet): Promise<unknown[]> => {
    const { entries } = (await fleet.get('/audit')).body
    return entries
      .filter((entry: { action: string }) => entry.action === 'session.refused')
      .map((entry: { details: { reason: string } }) => entry.details.reason)
  }

  const REFUSED = '/sign-in?failure=OPENID_REFUSED'

  it('gives the role of the first value that the claim has, and a cookie like any other', async () => {
    const fleet = await open()
    const jar = new CookieJar()
    const answer = await signIn(fleet, 'olga:desk,stream-viewers,stream-operators', jar)
    expect(answer.headers.get('location')).toBe('/')
    const cookie = answer.headers
      .getSetCookie()
      .find((each) => each.startsWith('sidestream_session'))
    for (const flag of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(flag)
    expect((await session(fleet, jar)).body).toMatchObject({
      username: 'olga',
      role: 'operator',
      source: 'openid',
    })
    const { users } = (await fleet.get('/users')).body
    expect(users).toMatchObject([{ username: 'admin' }, { username: 'olga', source: 'openid' }])
  })

  it('gives the scope that the value stands for', async () => {
    const roles = [{ value: 'lab', role: 'operator', scope: ['Lab-PCs'] }]
    const fleet = await open({ roles })
    const jar = new CookieJar()
    await signIn(fleet, 'lara:lab', jar)
    expect((await session(fleet, jar)).body).toMatchObject({ role: 'operator', scope: ['Lab-PCs'] })
    const { users } = (await fleet.get('/users')).body
    expect(users).toMatchObject([{ scope: null }, { username: 'lara', scope: ['Lab-PCs'] }])
  })

  it('refuses who has no value that means a role, and says so in the audit log', async () => {
    const fleet = await open()
    const answer = await signIn(fleet, 'nora:desk')
    expect(answer.headers.get('location')).toBe(REFUSED)
    expect(answer.headers.getSetCookie().join()).not.toContain('sidestream_session')
    expect(await reasonsOf(fleet)).toEqual(['no-role'])
  })

  it('does not make anybody a user that is there already, by having the name', async () => {
    const fleet = await open()
    expect((await signIn(fleet, 'admin:stream-operators')).headers.get('location')).toBe(REFUSED)
    expect((await signIn(fleet, 'olga:stream-operators')).headers.get('location')).toBe('/')
    // Another subject of the provider, of the same name.
    expect((await signIn(fleet, 'olga:stream-viewers')).headers.get('location')).toBe(REFUSED)
    expect(await reasonsOf(fleet)).toEqual(['name-taken', 'name-taken'])
  })

  it('takes an answer only from the browser that left, once, and as it was given', async () => {
    const fleet = await open()
    const jar = new CookieJar()
    const callback = await toCallback(fleet, jar, 'olga:stream-operators')
    const ask = async (url: string, by: CookieJar) => (await by.ask(url)).headers.get('location')
    const left = jar.cookieFor(callback)
    // Somebody is made to open the answer that was meant for another browser.
    expect(await ask(callback, new CookieJar())).toBe(REFUSED)
    const meddled = new URL(callback)
    meddled.searchParams.set('state', 'another')
    expect(await ask(meddled.href, jar)).toBe(REFUSED)
    // That used up the flow, for a copy of its cookie too.
    const copied = await fetch(callback, { headers: { cookie: left }, redirect: 'manual' })
    expect(copied.headers.get('location')).toBe(REFUSED)
    expect(await reasonsOf(fleet)).toEqual(['no-flow', 'not-accepted', 'no-flow'])

    const fresh = new CookieJar()
    const again = await toCallback(fleet, fresh, 'olga:stream-operators')
    expect(await ask(again, fresh)).toBe('/')
    expect(await ask(again, fresh)).toBe(REFUSED)
  })

  it('counts for as long as the configuration says, for tokens too', async () => {
    const fleet = await open({ trustMinutes: 60 })
    const jar = new CookieJar()
    await signIn(fleet, 'olga:stream-operators', jar)
    const request = { name: 'script', permissions: ['inventory.read'] }
    const cookie = jar.cookieFor(fleet.central.url)
    const { secret } = (await fleet.call('POST', '/api/v1/tokens', request, { cookie })).body
    const bearer = { cookie: '', authorization: `Bearer ${secret}` }
    const ask = async () => (await fleet.call('GET', '/api/v1/streams', undefined, bearer)).status
    expect([(await session(fleet, jar)).status, await ask()]).toEqual([200, 200])
    fleet.clock.moveBy(61 * 60_000)
    expect([(await session(fleet, jar)).status, await ask()]).toEqual([401, 401])
    await signIn(fleet, 'olga:stream-operators', jar)
    expect(await ask()).toBe(200)
  })

  it('keeps what the browser comes back with from scripts, and off plain http where it can', async () => {
    const start = async (consoleUrl: string): Promise<string | undefined> => {
      const { central } = await openFleet({
        openIdFile: provider.writeConfig(tempFolder(), { consoleUrl }),
      })
      const answer = await new CookieJar().ask(`${central.url}/api/v1/openid/start`)
      return answer.headers.getSetCookie()[0]
    }
    const cookie = await start(`http://127.0.0.1:${port}`)
    expect(cookie).toMatch(/^sidestream_openid=[\w-]{43}; /)
    const flags = ['Max-Age=600', 'Path=/api/v1/openid', 'HttpOnly', 'SameSite=Lax']
    for (const flag of flags) expect(cookie).toContain(`; ${flag}`)
    expect(cookie).not.toContain('Secure')
    expect(await start('https://sidestream.example')).toContain('; Secure')
  })

  it('leads to the provider’s own sign-out', async () => {
    const fleet = await open()
    const answer = await new CookieJar().ask(`${fleet.central.url}/api/v1/openid/sign-out`)
    const location = new URL(answer.headers.get('location')!)
    expect(location.origin).toBe(provider.issuer)
    expect(location.searchParams.get('client_id')).toBe('sidestream')
    expect(location.searchParams.get('post_logout_redirect_uri')).toBe(
      `${fleet.central.url}/sign-in`,
    )
  })

  it('is offered where it is set up, and not there elsewhere', async () => {
    expect((await (await open()).get('/session/ways')).body).toEqual({
      openId: { label: 'Example ID' },
    })
    const without = await openFleet()
    expect((await without.get('/session/ways')).body).toEqual({ openId: null })
    for (const path of ['callback', 'sign-out', 'start']) {
      const answer = await new CookieJar().ask(`${without.central.url}/api/v1/openid/${path}`)
      const location = answer.headers.get('location')
      if (path === 'sign-out') expect(answer.status).toBe(404)
      else expect(location).toBe('/sign-in?failure=OPENID_OFF')
    }
  })

  it('with a provider that does not answer leaves passwords as they are', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`
    const fleet = await open({ issuer: nowhere })
    const answer = await new CookieJar().ask(`${fleet.central.url}/api/v1/openid/start`)
    expect(answer.headers.get('location')).toBe('/sign-in?failure=OPENID_UNAVAILABLE')
    expect((await fleet.signIn()).status).toBe(200)
  })

  it('does not start with a provider in plain text', async () => {
    const refused = open({ issuer: 'http://login.example.com' })
    await expect(refused).rejects.toMatchObject({ code: 'OPENID_CONFIG_INVALID' })
  })
})
