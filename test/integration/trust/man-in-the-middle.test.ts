import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  issueServerCertificate,
  type KeyedCertificate,
  makeAuthority,
} from '../../../server/central/tls/own-authority.ts'
import type { OwnCertificates } from '../../../server/central/tls/own-file.ts'
import { decodeInvitation, encodeInvitation } from '../../../server/shared/enrolment-string.ts'
import { anAgent, aPlace } from '../agent/support/agent-fixture.ts'
import { FAST_LINK } from '../agent/support/fast-link.ts'
import { until } from '../agent/support/until.ts'
import type { Fleet } from '../central/fleet.ts'
import { aRelay } from './support/relay.ts'
import {
  aMember,
  changeIdentity,
  codeOf,
  connected,
  identityOf,
  invitation,
  joinFleet,
  linkCode,
  secureFleet,
} from './support/secure-fleet.ts'

const DAY_MS = 86_400_000

async function ownCertificate(): Promise<{ cert: string; key: string }> {
  const { certificate, key } = await forged(await makeAuthority(Date.now()))
  return { cert: certificate, key }
}

function forged(authority: KeyedCertificate): Promise<KeyedCertificate> {
  return issueServerCertificate(authority, ['127.0.0.1'], Date.now(), DAY_MS)
}

/** What central keeps to itself. */
function stolen(fleet: Fleet): OwnCertificates {
  return JSON.parse(readFileSync(join(fleet.dataDir, 'own-certificates.json'), 'utf8'))
}

function through(text: string, url: string): string {
  return encodeInvitation({ ...decodeInvitation(text), urls: [url] })
}

describe('an agent', () => {
  it('joins by an enrolment string over TLS, and says whom it trusts', async () => {
    const fleet = await secureFleet()
    const { agent, place } = await aMember(fleet)
    expect(fleet.central.url).toMatch(/^https:/)
    expect(identityOf(place).pins).toEqual(fleet.central.pins)
    const { trust } = agent.status()
    expect(trust?.pins).toEqual(fleet.central.pins)
    expect(trust?.keyFingerprint).toMatch(/^[0-9a-f]{64}$/)
    expect(Date.parse(trust?.certificateEnds ?? '')).toBeGreaterThan(Date.now() + 80 * DAY_MS)
  })

  it('does not show its token to a relay with a certificate of its own', async () => {
    const fleet = await secureFleet()
    const relay = await aRelay(fleet.central.port, await ownCertificate())
    const { invitation: text, token } = await invitation(fleet)
    const place = aPlace()
    expect(await codeOf(joinFleet(place, through(text, relay.url)))).toBe('PIN_MISMATCH')
    expect(relay.connections).toBeGreaterThan(0)
    expect(relay.heard).not.toContain(token)
    expect(relay.heard).not.toContain('/agent/v1')
    // The token is good still.
    await joinFleet(place, text)
  })

  it('refuses a relay once it is enrolled, tries rarely, and is back when the relay is gone', async () => {
    const fleet = await secureFleet()
    const { agent, place } = await aMember(fleet)
    await agent.close()
    const relay = await aRelay(fleet.central.port, await ownCertificate())
    changeIdentity(place, { centralUrl: relay.url })
    const again = await anAgent(place)
    await linkCode(again, 'PIN_MISMATCH')
    expect(again.status().link).toBe('refused')
    const seen = relay.connections
    await sleep(FAST_LINK.refusedRetryMs * 0.8)
    expect(relay.connections).toBe(seen)
    await relay.close()
    await relay.listen('pass')
    await connected(again)
    expect(again.status().linkCode).toBe('')
  })

  it('refuses a relay that shows the real authority behind a certificate of its own', async () => {
    const fleet = await secureFleet()
    const { cert, key } = await ownCertificate()
    const chain = `${cert}\n${stolen(fleet).authority.certificate}`
    const relay = await aRelay(fleet.central.port, { cert: chain, key })
    const { invitation: text, token } = await invitation(fleet)
    const refusal = await codeOf(joinFleet(aPlace(), through(text, relay.url)))
    expect(['PIN_MISMATCH', 'CERTIFICATE_REFUSED']).toContain(refusal)
    expect(relay.heard).not.toContain(token)
  })

  it('is refused by central where a relay holds the key of central’s own certificate', async () => {
    const fleet = await secureFleet()
    const { agent, place, machineId } = await aMember(fleet)
    await agent.close()
    const { server, authority } = stolen(fleet)
    const cert = `${server.certificate}\n${authority.certificate}`
    const relay = await aRelay(fleet.central.port, { cert, key: server.key })
    changeIdentity(place, { centralUrl: relay.url })
    const again = await anAgent(place)
    await linkCode(again, 'relayed')
    // The relay is good enough for TLS, and reads along: the hello is worth nothing on its own connection.
    expect(relay.heard).toContain('GET /agent/v1')
    expect((await fleet.get(`/machines/${machineId}`)).body.machine.isOnline).toBe(false)
  })

  it('refuses a pin that is not central’s', async () => {
    const fleet = await secureFleet()
    const { invitation: text } = await invitation(fleet)
    const wrong = encodeInvitation({ ...decodeInvitation(text), pins: ['0'.repeat(64)] })
    expect(await codeOf(joinFleet(aPlace(), wrong))).toBe('PIN_MISMATCH')
  })

  it('refuses a certificate of the pinned authority for another name', async () => {
    const fleet = await secureFleet()
    const { authority } = stolen(fleet)
    const other = await issueServerCertificate(authority, ['other.example.com'], Date.now(), DAY_MS)
    const cert = `${other.certificate}\n${authority.certificate}`
    const relay = await aRelay(fleet.central.port, { cert, key: other.key })
    const { invitation: text } = await invitation(fleet)
    expect(await codeOf(joinFleet(aPlace(), through(text, relay.url)))).toBe('CERTIFICATE_REFUSED')
  })

  it('refuses a central outside loopback that does not encrypt, and a string that is cut off', async () => {
    const plain = { serverUrl: 'http://192.0.2.1:7333', token: 'a-good-token-0123456789' }
    const options = { invitation: undefined, ...plain }
    expect(await codeOf(joinFleet(aPlace(), '', options))).toBe('INSECURE_CENTRAL')
    const text = encodeInvitation({
      urls: ['https://a.example.com'],
      pins: [],
      token: 'x'.repeat(20),
    })
    expect(await codeOf(joinFleet(aPlace(), text.slice(0, -9)))).toBe('ENROLMENT_STRING_INVALID')
  })
})

describe('a relay that hands bytes on', () => {
  it('is no harm: what it sees it cannot read, and what it cuts comes back', async () => {
    const fleet = await secureFleet()
    const relay = await aRelay(fleet.central.port, 'pass')
    const { invitation: text, token } = await invitation(fleet)
    const place = aPlace()
    await joinFleet(place, through(text, relay.url))
    const agent = await anAgent(place)
    await connected(agent)
    expect(relay.heard).not.toContain(token)
    await relay.close()
    await until(() => agent.status().link !== 'connected')
    await relay.listen('pass')
    await connected(agent)
  })
})
