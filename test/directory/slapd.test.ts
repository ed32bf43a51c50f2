/** People of a real slapd sign in to a real central. */
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Client } from 'ldapts'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createDirectory } from '../../server/central/accounts/directory/directory.ts'
import { loadDirectoryConfig } from '../../server/central/accounts/directory/directory-config.ts'
import type { CentralOptions } from '../../server/central/start-central.ts'
import {
  ADMIN_PASSWORD,
  type Answer,
  type Fleet,
  openFleet,
  until,
} from '../integration/central/fleet.ts'
import { type SlapdServer, startSlapd, whySlapdCannotRun } from '../support/slapd-server.ts'
import { makeTempFolder, removeTempFolder, tempFolder } from '../support/temp-folder.ts'
import { directoryFile, groupDn, LDIF, PASSWORD, personDn, ROOT_PASSWORD } from './people.ts'

type Settings = Record<string, unknown>

describe.skipIf(whySlapdCannotRun() !== null)('signing in with a directory', () => {
  let slapd: SlapdServer

  beforeAll(async () => {
    slapd = await startSlapd(LDIF)
  })
  afterAll(() => slapd?.stop())

  function configFile(changes: Settings = {}, folder = tempFolder()): string {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'service.secret'), `${ROOT_PASSWORD}\n`)
    const file = join(folder, 'directory.json')
    writeFileSync(file, JSON.stringify({ ...directoryFile(slapd.url), ...changes }))
    return file
  }

  const open = (changes: Settings = {}, options: Partial<CentralOptions> = {}): Promise<Fleet> =>
    openFleet({ directoryFile: configFile(changes), ...options })

  const signIn = (fleet: Fleet, username: string, password = PASSWORD): Promise<Answer> =>
    fleet.call('POST', '/api/v1/session', { username, password }, { cookie: '' })

  const cookieOf = (answer: Answer): string => {
    expect(answer.status).toBe(200)
    return answer.headers.getSetCookie()[0]!.split(';')[0]!
  }

  const reasonsOf = async (fleet: Fleet): Promise<unknown[]> => {
    const { entries } = (await fleet.get('/audit')).body
    return entries
      .filter((entry: { action: string }) => entry.action === 'session.refused')
      .map((entry: { details: { reason: string } }) => entry.details.reason)
  }

  describe('somebody in a group', () => {
    it('gets the role of the first group that has them, and appears among the users', async () => {
      const fleet = await open()
      const answer = await signIn(fleet, 'olga')
      expect(answer.body).toMatchObject({ username: 'olga', role: 'operator', source: 'directory' })
      expect((await signIn(fleet, 'vera')).body).toMatchObject({ role: 'viewer' })
      const { users } = (await fleet.get('/users')).body
      expect(users).toMatchObject([
        { username: 'admin', source: 'local' },
        { username: 'olga', source: 'directory', role: 'operator' },
        { username: 'vera', source: 'directory', role: 'viewer' },
      ])
    })

    it('is one account, however the name is typed', async () => {
      const fleet = await open()
      for (const name of ['vera', 'VERA', 'Vera']) {
        expect((await signIn(fleet, name)).body).toMatchObject({ username: 'vera' })
      }
      expect((await fleet.get('/users')).body.users).toHaveLength(2)
    })

    it('reads the directory as itself where there is no service account', async () => {
      const dn = personDn('{username}')
      const fleet = await open({ readAs: { as: 'template', dn } })
      expect((await signIn(fleet, 'olga')).body).toMatchObject({ role: 'operator' })
      expect((await signIn(fleet, 'olga', 'wrong')).status).toBe(401)
    })

    it('of a group is found by walking, as deep as groups go', async () => {
      const roles = [{ group: groupDn('helpdesk'), role: 'analyst' }]
      const flat = await open({ roles })
      expect((await signIn(flat, 'ada')).status).toBe(401)
      const groups = { nested: 'walk', base: 'ou=groups,dc=example,dc=com' }
      const nested = await open({ roles, groups })
      expect((await signIn(nested, 'ada')).body).toMatchObject({ role: 'analyst' })
      expect((await signIn(nested, 'vera')).status).toBe(401)
    })

    it('cannot be given a role or a password here, but can be shut out', async () => {
      const fleet = await open()
      const cookie = cookieOf(await signIn(fleet, 'vera'))
      const change = (body: object) => fleet.call('PATCH', '/api/v1/users/vera', body)
      for (const body of [{ role: 'admin' }, { password: 'a password of some length' }]) {
        const refused = await change(body)
        expect(refused).toMatchObject({ status: 409, body: { code: 'ACCOUNT_FROM_ELSEWHERE' } })
      }
      const own = { currentPassword: PASSWORD, newPassword: 'a password of some length' }
      const refused = await fleet.call('POST', '/api/v1/session/password', own, { cookie })
      expect(refused.body).toMatchObject({ code: 'ACCOUNT_FROM_ELSEWHERE' })
      expect((await change({ isDisabled: true })).status).toBe(200)
      expect((await fleet.call('GET', '/api/v1/session', undefined, { cookie })).status).toBe(401)
      expect((await signIn(fleet, 'vera')).status).toBe(401)
    })
  })

  describe('a refusal', () => {
    it('is the same for every reason, and the audit log knows which it was', async () => {
      const fleet = await open()
      const answers = [
        await signIn(fleet, 'vera', 'wrong'),
        await signIn(fleet, 'nobody'),
        await signIn(fleet, 'nora'),
        await signIn(fleet, 'twin'),
        await signIn(fleet, 'admin', 'wrong'),
      ]
      for (const { status, body } of answers) {
        expect({ status, body }).toEqual({
          status: 401,
          body: { code: 'SIGN_IN_REFUSED', message: 'the user name or the password is wrong' },
        })
      }
      const reasons = ['password', 'unknown', 'no-group', 'ambiguous', 'password']
      expect((await reasonsOf(fleet)).reverse()).toEqual(reasons)
    })

    it('takes as long for every reason', async () => {
      const fleet = await open()
      for (const [username, password] of [
        ['vera', 'x'],
        ['nobody', 'x'],
        ['admin', 'x'],
      ] as const) {
        const begin = performance.now()
        await signIn(fleet, username, password)
        // Longer than argon2id, and than a directory that is near.
        expect(performance.now() - begin, username).toBeGreaterThan(390)
      }
    })

    it.each([
      '*',
      've*',
      'vera)(uid=*',
      'vera\\2a',
      '(uid=vera)',
      'uid=vera,ou=people',
      'EXTERNAL',
      'ver\0a',
    ])('meets %j, which is a name like any other and nobody’s', async (username) => {
      const directory = createDirectory(loadDirectoryConfig(configFile()))
      expect(await directory.authenticate(username, PASSWORD)).toEqual({ refused: 'unknown' })
    })

    it('meets an empty password, with which slapd lets anybody in as nobody', async () => {
      const client = new Client({ url: slapd.url })
      await client.bind(personDn('vera'), '')
      await client.unbind()
      for (const readAs of [undefined, { as: 'template', dn: personDn('{username}') }]) {
        const config = loadDirectoryConfig(configFile(readAs === undefined ? {} : { readAs }))
        const answer = await createDirectory(config).authenticate('vera', '')
        expect(answer).toEqual({ refused: 'password' })
      }
    })

    it('meets whoever has the name of a local user in the directory', async () => {
      const fleet = await open()
      // The password is not even shown to the directory.
      expect((await signIn(fleet, 'admin', PASSWORD)).status).toBe(401)
      const local = { username: 'olga', password: 'only of this central', role: 'viewer' }
      await fleet.post('/users', local)
      expect((await signIn(fleet, 'olga')).status).toBe(401)
      expect((await signIn(fleet, 'olga', local.password)).body).toMatchObject({ source: 'local' })
    })
  })

  describe('who left the group', () => {
    const leave = (uid: string, group: string): void =>
      slapd.modify(
        `dn: ${groupDn(group)}\nchangetype: modify\ndelete: member\nmember: ${personDn(uid)}\n`,
      )
    const enter = (uid: string, group: string): void =>
      slapd.modify(
        `dn: ${groupDn(group)}\nchangetype: modify\nadd: member\nmember: ${personDn(uid)}\n`,
      )

    it('is signed out at the next look, and the tokens are over', async () => {
      enter('nora', 'stream viewers')
      const fleet = await open({ recheckMinutes: 0.005 })
      const cookie = cookieOf(await signIn(fleet, 'nora'))
      const request = { name: 'script', permissions: ['inventory.read'] }
      const { secret } = (await fleet.call('POST', '/api/v1/tokens', request, { cookie })).body
      const bearer = { cookie: '', authorization: `Bearer ${secret}` }
      const ask = async (headers: object): Promise<number> =>
        (await fleet.call('GET', '/api/v1/streams', undefined, headers)).status
      expect([await ask({ cookie }), await ask(bearer)]).toEqual([200, 200])
      leave('nora', 'stream viewers')
      await until(async () => (await ask({ cookie })) === 401)
      expect(await ask(bearer)).toBe(401)
      const { entries } = (await fleet.get('/audit')).body
      expect(entries[0]).toMatchObject({
        actor: 'directory',
        action: 'user.withdrawn',
        subject: 'nora',
        details: { reason: 'no-group', endedSessions: 1 },
      })
    })

    it('for a lesser one has to sign in again, into that', async () => {
      enter('nora', 'stream operators')
      enter('nora', 'stream viewers')
      const fleet = await open({ recheckMinutes: 0.005 })
      const cookie = cookieOf(await signIn(fleet, 'nora'))
      leave('nora', 'stream operators')
      const session = () => fleet.call('GET', '/api/v1/session', undefined, { cookie })
      await until(async () => (await session()).status === 401)
      expect((await signIn(fleet, 'nora')).body).toMatchObject({ role: 'viewer' })
      leave('nora', 'stream viewers')
    })

    it('for one with another scope has to sign in again, into that', async () => {
      enter('nora', 'stream operators')
      enter('nora', 'stream viewers')
      const role = 'operator'
      const roles = [
        { group: groupDn('stream operators'), role, scope: ['Lab-PCs'] },
        { group: groupDn('stream viewers'), role, scope: ['Kiosks'] },
      ]
      const fleet = await open({ recheckMinutes: 0.005, roles })
      const cookie = cookieOf(await signIn(fleet, 'nora'))
      const session = () => fleet.call('GET', '/api/v1/session', undefined, { cookie })
      expect((await session()).body).toMatchObject({ role, scope: ['Lab-PCs'] })
      const change = { scope: null }
      const refused = await fleet.call('PATCH', '/api/v1/users/nora', change)
      expect(refused.body).toMatchObject({ code: 'ACCOUNT_FROM_ELSEWHERE' })
      leave('nora', 'stream operators')
      await until(async () => (await session()).status === 401)
      expect((await signIn(fleet, 'nora')).body).toMatchObject({ role, scope: ['Kiosks'] })
      leave('nora', 'stream viewers')
    })

    it('is out when nobody could look for as long as a look counts', async () => {
      const fleet = await open({ trustMinutes: 60 })
      const cookie = cookieOf(await signIn(fleet, 'vera'))
      const session = () => fleet.call('GET', '/api/v1/session', undefined, { cookie })
      fleet.clock.moveBy(59 * 60_000)
      expect((await session()).status).toBe(200)
      fleet.clock.moveBy(2 * 60_000)
      expect((await session()).status).toBe(401)
    })
  })

  describe('TLS', () => {
    const reach = async (changes: Settings): Promise<number> => {
      const fleet = await open({ ...changes, timeoutSeconds: 5 })
      return (await signIn(fleet, 'olga')).status
    }

    it('is from the first byte with ldaps, and after the greeting with StartTLS', async () => {
      expect(await reach({ url: slapd.tlsUrl, caFile: slapd.caFile })).toBe(200)
      expect(await reach({ startTls: true, caFile: slapd.caFile })).toBe(200)
    })

    it('is refused where the certificate is of an unknown authority, or for another name', async () => {
      expect(await reach({ url: slapd.tlsUrl })).toBe(503)
      expect(await reach({ startTls: true })).toBe(503)
      const { caFile } = slapd
      // The certificate is for 127.0.0.1.
      const named = (url: string) => url.replace('127.0.0.1', 'localhost')
      expect(await reach({ url: named(slapd.tlsUrl), caFile })).toBe(503)
      expect(await reach({ url: named(slapd.url), startTls: true, caFile })).toBe(503)
    })
  })

  describe('a directory that does not answer', () => {
    it('keeps nobody out whom central knows itself, and tells no names apart', async () => {
      const silent = createServer().listen(0, '127.0.0.1')
      await once(silent, 'listening')
      onTestFinished(() => void silent.close())
      const { port } = silent.address() as { port: number }
      const fleet = await open({ url: `ldap://127.0.0.1:${port}`, timeoutSeconds: 1 })
      const [unknown, wrong] = [await signIn(fleet, 'vera'), await signIn(fleet, 'admin', 'wrong')]
      expect(unknown).toMatchObject({ status: 503, body: { code: 'DIRECTORY_UNAVAILABLE' } })
      expect(wrong.body).toEqual(unknown.body)
      expect((await signIn(fleet, 'admin', ADMIN_PASSWORD)).status).toBe(200)
    })

    it('is asked again when it is back', async () => {
      const fleet = await open()
      await slapd.pause()
      expect((await signIn(fleet, 'vera')).status).toBe(503)
      await slapd.resume()
      expect((await signIn(fleet, 'vera')).status).toBe(200)
    })
  })

  describe('directory.json', () => {
    it('is found in the data folder, and its secrets reach no log', async () => {
      const lines: string[] = []
      const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
      const folder = makeTempFolder()
      onTestFinished(() => removeTempFolder(folder))
      const dataDir = join(folder, 'data')
      configFile({}, dataDir)
      const fleet = await openFleet({ dataDir, logger })
      expect((await signIn(fleet, 'vera')).status).toBe(200)
      await slapd.pause()
      await signIn(fleet, 'vera')
      await slapd.resume()
      expect(lines.join('')).toContain('the directory could not be asked')
      for (const secret of [ROOT_PASSWORD, PASSWORD]) expect(lines.join('')).not.toContain(secret)
    })

    it.each([
      [{ url: 'ldap://dc.example.com' }, 'passwords would go over the network in plain text'],
      [{ url: 'ldaps://dc.example.com', startTls: true }, '"startTls" is for ldap://'],
      [{ users: { base: 'dc=x', name: 'uid' } }, '/users: must have required properties id'],
      [{ roles: [{ group: 'cn=x', role: 'king' }] }, '/roles/0/role'],
      [{ caFile: 'nowhere.pem' }, 'nowhere.pem cannot be read (ENOENT)'],
      [{ groups: { nested: 'walk' } }, '"groups" needs a "base"'],
      [{ users: { base: 'dc=x', name: 'uid', id: 'id', filter: '(((' } }, '/users/filter'],
      [{ passwrod: 'x' }, '/passwrod: is not a setting that is known here'],
    ])('that is wrong is refused, and where it is wrong is said: %j', (changes, message) => {
      const file = configFile(changes)
      expect(() => loadDirectoryConfig(file)).toThrow(
        expect.objectContaining({
          code: 'DIRECTORY_CONFIG_INVALID',
          message: expect.stringMatching(`^${file}: .*${RegExp.escape(message)}`),
        }),
      )
    })

    it('that is wrong stops the start', async () => {
      const start = openFleet({ directoryFile: configFile({ roles: [] }) })
      await expect(start).rejects.toMatchObject({ code: 'DIRECTORY_CONFIG_INVALID' })
    })
  })
})
