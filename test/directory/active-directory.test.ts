/** People of a real Active Directory domain (Samba’s) sign in to a real central. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type Fleet, openFleet, until } from '../integration/central/fleet.ts'
import {
  ADMINISTRATOR_PASSWORD,
  DOMAIN_BASE,
  DOMAIN_SUFFIX,
  type SambaDomain,
  startDomain,
  whyDomainCannotRun,
} from '../support/samba-domain.ts'
import { tempFolder } from '../support/temp-folder.ts'

const PASSWORD = 'Pass-word-of-the-domain-1'

describe.skipIf(whyDomainCannotRun() !== null)('signing in with Active Directory', () => {
  let domain: SambaDomain

  beforeAll(async () => {
    domain = await startDomain()
    for (const name of ['olga', 'vera', 'nora', 'dora'])
      domain.tool('user', 'create', name, PASSWORD)
    for (const name of ['Stream Operators', 'Helpdesk', 'Helpdesk Berlin', 'Stream Viewers'])
      domain.tool('group', 'add', name)
    domain.tool('group', 'addmembers', 'Stream Operators', 'olga')
    domain.tool('group', 'addmembers', 'Stream Viewers', 'Helpdesk,dora')
    domain.tool('group', 'addmembers', 'Helpdesk', 'Helpdesk Berlin')
    domain.tool('group', 'addmembers', 'Helpdesk Berlin', 'vera')
  }, 180_000)
  afterAll(() => domain?.stop())

  function open(readAs: object, changes: object = {}): Promise<Fleet> {
    const folder = tempFolder()
    writeFileSync(join(folder, 'service.secret'), ADMINISTRATOR_PASSWORD)
    const file = join(folder, 'directory.json')
    const group = (name: string): string => `CN=${name},CN=Users,${DOMAIN_BASE}`
    const settings = {
      url: domain.url,
      caFile: domain.caFile,
      readAs,
      users: {
        base: DOMAIN_BASE,
        name: 'sAMAccountName',
        signInBy: ['sAMAccountName', 'userPrincipalName'],
        id: 'objectGUID',
        filter: '(&(objectCategory=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
      },
      groups: { nested: 'rule' },
      roles: [
        { group: group('Stream Operators'), role: 'operator' },
        { group: group('Stream Viewers'), role: 'viewer' },
      ],
      ...changes,
    }
    writeFileSync(file, JSON.stringify(settings))
    return openFleet({ directoryFile: file })
  }

  const asService = {
    as: 'service',
    dn: `CN=Administrator,CN=Users,${DOMAIN_BASE}`,
    passwordFile: 'service.secret',
  }
  const asThemselves = { as: 'upn', suffix: DOMAIN_SUFFIX }

  const signIn = (fleet: Fleet, username: string, password = PASSWORD): Promise<Answer> =>
    fleet.call('POST', '/api/v1/session', { username, password }, { cookie: '' })

  it.each([
    ['a service account', asService],
    ['each person’s own name', asThemselves],
  ])(
    'works with %s: by either name, through nested groups, and for nobody else',
    async (_, readAs) => {
      const fleet = await open(readAs)
      for (const name of ['olga', 'OLGA', `olga@${DOMAIN_SUFFIX}`]) {
        expect((await signIn(fleet, name)).body).toMatchObject({
          username: 'olga',
          role: 'operator',
          source: 'directory',
        })
      }
      expect((await signIn(fleet, 'vera')).body).toMatchObject({ role: 'viewer' })
      const refused = [await signIn(fleet, 'nora'), await signIn(fleet, 'olga', 'wrong')]
      refused.push(await signIn(fleet, 'nobody'))
      for (const answer of refused) expect(answer.body.code).toBe('SIGN_IN_REFUSED')
    },
  )

  it('ends the session of an account that the domain disables', async () => {
    const fleet = await open(asService, { recheckMinutes: 0.005 })
    const cookie = (await signIn(fleet, 'dora')).headers.getSetCookie()[0]!.split(';')[0]
    const session = () => fleet.call('GET', '/api/v1/session', undefined, { cookie })
    expect((await session()).status).toBe(200)
    domain.tool('user', 'disable', 'dora')
    await until(async () => (await session()).status === 401)
    expect((await signIn(fleet, 'dora')).status).toBe(401)
  })

  it('follows a person who is renamed, as the same account', async () => {
    const fleet = await open(asService)
    expect((await signIn(fleet, 'vera')).status).toBe(200)
    domain.tool('user', 'rename', 'vera', '--samaccountname=verena')
    expect((await signIn(fleet, 'verena')).body).toMatchObject({ username: 'verena' })
    const { users } = (await fleet.get('/users')).body
    expect(users.map((user: { username: string }) => user.username)).toEqual(['admin', 'verena'])
  })
})
