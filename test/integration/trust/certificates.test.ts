import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { backupCentral } from '../../../server/central/care.ts'
import { openCertificates } from '../../../server/central/tls/open-certificates.ts'
import { issueServerCertificate, makeAuthority } from '../../../server/central/tls/own-authority.ts'
import { systemClock } from '../../../server/shared/clock.ts'
import { pinOf } from '../../../server/shared/pin.ts'
import { anAgent } from '../agent/support/agent-fixture.ts'
import { until } from '../agent/support/until.ts'
import { Fleet, openFleet } from '../central/fleet.ts'
import {
  aMember,
  codeOf,
  connected,
  identityOf,
  linkCode,
  secureFleet,
  trustInBrowser,
} from './support/secure-fleet.ts'

const DAY_MS = 86_400_000

/** What central shows to a stranger. */
function shown({ central }: Fleet): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port: central.port, rejectUnauthorized: false }
    const socket = connect(to, () => {
      resolve(socket.getPeerX509Certificate()!)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

async function statusOf(fleet: Fleet) {
  return (await fleet.get('/certificate')).body
}

describe('central', () => {
  it('makes its own authority on the first run, and keeps it', async () => {
    const fleet = await secureFleet({ names: ['127.0.0.1', 'central.example.com'] })
    const certificate = await shown(fleet)
    expect(certificate.checkHost('central.example.com')).toBeDefined()
    expect(certificate.checkHost('localhost')).toBeDefined()
    expect(certificate.checkIP('127.0.0.1')).toBeDefined()
    expect(certificate.checkHost('other.example.com')).toBeUndefined()
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    const file = statSync(join(fleet.dataDir, 'own-certificates.json'))
    expect(file.mode & 0o777).toBe(0o600)
    const { pins } = fleet.central
    await fleet.restart()
    expect(fleet.central.pins).toEqual(pins)
    expect((await shown(fleet)).fingerprint256).toBe(certificate.fingerprint256)
  })

  it('does not speak plain http outside loopback, nor without a key that fits', async () => {
    const host = '0.0.0.0'
    expect(await codeOf(openFleet({ host, tls: 'off' }))).toBe('TLS_REQUIRED')
    const folder = mkdtempSync(join(tmpdir(), 'ss-cert-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    expect(await codeOf(openFleet({ tls: { certFile, keyFile } }))).toBe('TLS_UNUSABLE')
    const authority = await makeAuthority(Date.now())
    const other = await issueServerCertificate(authority, ['a.example.com'], Date.now(), DAY_MS)
    writeFileSync(certFile, authority.certificate)
    writeFileSync(keyFile, other.key)
    expect(await codeOf(openFleet({ tls: { certFile, keyFile } }))).toBe('TLS_UNUSABLE')
  })

  it('has a certificate outside loopback without being told, and none on loopback', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'ss-cert-'))
    onTestFinished(() => rmSync(dataDir, { recursive: true }))
    const timing = { certificateLifeMs: DAY_MS, certificateRenewMs: 1, certificateCheckMs: 60_000 }
    const common = { dataDir, clock: systemClock, logger: pino({ level: 'silent' }), timing }
    const open = (host: string) =>
      openCertificates({ ...common, host, tls: 'auto', names: undefined })
    for (const host of ['127.0.0.1', '::1', 'localhost']) expect(await open(host)).toBeNull()
    const certificates = await open('192.0.2.1')
    certificates?.stop()
    expect(certificates?.status()).toMatchObject({ kind: 'own' })
    expect(certificates?.names).toEqual([hostname().toLowerCase(), '192.0.2.1'])
  })

  it('marks its cookie secure and promises browsers to go on encrypting', async () => {
    const fleet = await secureFleet()
    const signedIn = await fleet.signIn()
    expect(signedIn.headers.getSetCookie()[0]).toContain('Secure')
    expect(signedIn.headers.get('strict-transport-security')).toBe('max-age=15552000')
    const origin = { origin: fleet.central.url }
    expect((await fleet.call('POST', '/api/v1/enrolments', {}, origin)).status).toBe(201)
    const http = { origin: fleet.central.url.replace('https', 'http') }
    expect((await fleet.call('POST', '/api/v1/enrolments', {}, http)).status).toBe(403)
    const plain = await openFleet()
    const answer = await plain.signIn()
    expect(answer.headers.getSetCookie()[0]).not.toContain('Secure')
    expect(answer.headers.get('strict-transport-security')).toBeNull()
  })

  it('has its authority in a backup, so that agents know it when it is restored', async () => {
    const fleet = await secureFleet()
    const target = join(fleet.dataDir, 'backup')
    await backupCentral(fleet.dataDir, target)
    const copy = readFileSync(join(target, 'own-certificates.json'), 'utf8')
    expect(copy).toBe(readFileSync(join(fleet.dataDir, 'own-certificates.json'), 'utf8'))
  })
})

describe('the server certificate', () => {
  it('is renewed while agents are connected, and none of them notices', async () => {
    // Renewed as soon as a second of its three days has gone.
    const timing = { certificateLifeMs: 3 * DAY_MS, certificateRenewMs: 3 * DAY_MS - 1_000 }
    const fleet = await secureFleet({ timing: { ...timing, certificateCheckMs: 200 } })
    const { agent } = await aMember(fleet)
    const before = (await shown(fleet)).fingerprint256
    const dropped: string[] = []
    const timer = setInterval(() => {
      const { link } = agent.status()
      if (link !== 'connected') dropped.push(link)
    }, 5)
    onTestFinished(() => clearInterval(timer))
    await until(async () => (await shown(fleet)).fingerprint256 !== before)
    expect(dropped).toEqual([])
    const { agent: another } = await aMember(fleet)
    await connected(another)
  })

  it('is made anew when an administrator says so, of the same authority', async () => {
    const fleet = await secureFleet()
    const { agent } = await aMember(fleet)
    const before = await shown(fleet)
    const { pins } = fleet.central
    const answer = await fleet.post('/certificate/rotate', {})
    expect(answer.body).toMatchObject({ kind: 'own', authority: { pin: pins[0] }, next: null })
    expect((await shown(fleet)).fingerprint256).not.toBe(before.fingerprint256)
    expect(agent.status().link).toBe('connected')
  })

  it('that was brought is read again when its file changes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ss-cert-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const authority = await makeAuthority(Date.now())
    const bring = async () => {
      const made = await issueServerCertificate(authority, ['127.0.0.1'], Date.now(), DAY_MS)
      writeFileSync(keyFile, made.key)
      writeFileSync(certFile, `${made.certificate}\n${authority.certificate}`)
    }
    await bring()
    const fleet = new Fleet({
      tls: { certFile, keyFile },
      names: ['127.0.0.1'],
      timing: { certificateCheckMs: 50 },
    })
    await fleet.start()
    onTestFinished(() => fleet.close())
    writeFileSync(join(fleet.dataDir, 'authority.pem'), authority.certificate)
    trustInBrowser(fleet)
    await fleet.signIn()
    const { agent, place } = await aMember(fleet)
    expect(identityOf(place).pins).toEqual([pinOf(new X509Certificate(authority.certificate))])
    const before = (await shown(fleet)).fingerprint256
    await bring()
    await until(async () => (await shown(fleet)).fingerprint256 !== before)
    expect(agent.status().link).toBe('connected')
    await agent.close()
    await connected(await anAgent(place))
    expect((await fleet.post('/certificate/authority', {})).body.code).toBe('CERTIFICATE_BROUGHT')
  })
})

describe('the authority', () => {
  it('is changed with agents connected: they learn of both before, and of one after', async () => {
    const fleet = await secureFleet()
    const [one, two] = [await aMember(fleet), await aMember(fleet)]
    const [old] = fleet.central.pins
    expect((await fleet.post('/certificate/authority/switch', {})).body.code).toBe(
      'NO_NEXT_AUTHORITY',
    )
    const { next } = (await fleet.post('/certificate/authority', {})).body
    await until(async () => (await statusOf(fleet)).next.pinning === 2)
    for (const { place } of [one, two]) expect(identityOf(place).pins).toEqual([old, next.pin])
    await two.agent.close()

    const switched = await fleet.post('/certificate/authority/switch', {})
    expect(switched.body).toMatchObject({ authority: { pin: next.pin }, next: null })
    trustInBrowser(fleet)
    expect(one.agent.status().link).toBe('connected')
    await until(() => identityOf(one.place).pins.length === 1)
    expect(identityOf(one.place).pins).toEqual([next.pin])
    // Who was away during the change knows both, and connects to the new one.
    await connected(await anAgent(two.place))
    await until(() => identityOf(two.place).pins.length === 1)
  })

  it('is not changed while a machine does not accept the next one, unless forced', async () => {
    const fleet = await secureFleet()
    const { agent, place } = await aMember(fleet)
    await agent.close()
    await fleet.post('/certificate/authority', {})
    const refused = await fleet.post('/certificate/authority/switch', {})
    expect([refused.status, refused.body.code]).toEqual([409, 'PINS_MISSING'])
    expect((await fleet.post('/certificate/authority/switch', { force: true })).status).toBe(200)
    trustInBrowser(fleet)
    await linkCode(await anAgent(place), 'PIN_MISMATCH')
  })

  it('to come is known to who enrols before the change', async () => {
    const fleet = await secureFleet()
    await fleet.post('/certificate/authority', {})
    const { agent, place } = await aMember(fleet)
    expect(identityOf(place).pins).toHaveLength(2)
    await until(async () => (await statusOf(fleet)).next.pinning === 1)
    await fleet.post('/certificate/authority/switch', {})
    trustInBrowser(fleet)
    await until(() => identityOf(place).pins.length === 1)
    await agent.close()
    await connected(await anAgent(place))
  })
})
