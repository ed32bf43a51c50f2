import { describe, expect, it } from 'vitest'
import { MAX_STRANGERS_OF_ADDRESS } from '../../../server/central/enrolment/pending-service.ts'
import { decodeInvitation, encodeInvitation } from '../../../server/shared/enrolment-string.ts'
import { anAgent, aPlace } from '../agent/support/agent-fixture.ts'
import { FAST_LINK } from '../agent/support/fast-link.ts'
import { until } from '../agent/support/until.ts'
import { type Fleet, openFleet } from '../central/fleet.ts'
import { TestAgent } from '../central/test-agent.ts'
import { codeOf, connected, invitation, joinFleet } from './support/secure-fleet.ts'

const PATIENT = { linkTimings: { ...FAST_LINK, pendingRetryMs: 100 } }

function withoutToken(text: string): string {
  return encodeInvitation({ ...decodeInvitation(text), token: null })
}

async function pendingOf(fleet: Fleet) {
  return (await fleet.get('/machines/pending')).body.pending
}

describe('a token that was stolen', () => {
  it('admits no more machines than it is for', async () => {
    const fleet = await openFleet()
    const { invitation: text } = await invitation(fleet, { uses: 1 })
    await joinFleet(aPlace(), text)
    expect(await codeOf(joinFleet(aPlace(), text))).toBe('ENROLMENT_REFUSED')
  })

  it('admits nobody after its time', async () => {
    const fleet = await openFleet()
    const { invitation: text } = await invitation(fleet, { uses: 5, validForSeconds: 60 })
    fleet.clock.moveBy(61_000)
    expect(await codeOf(joinFleet(aPlace(), text))).toBe('ENROLMENT_REFUSED')
  })

  it('admits nobody once it is revoked, and those that it admitted stay', async () => {
    const fleet = await openFleet()
    const { invitation: text, enrolmentNo } = await invitation(fleet, { uses: 5 })
    const place = aPlace()
    await joinFleet(place, text)
    expect((await fleet.call('DELETE', `/api/v1/enrolments/${enrolmentNo}`)).status).toBe(204)
    expect(await codeOf(joinFleet(aPlace(), text))).toBe('ENROLMENT_REFUSED')
    await connected(await anAgent(place))
    expect((await fleet.call('DELETE', '/api/v1/enrolments/999')).status).toBe(404)
  })

  it('shows in the list, with what was done with it, and without itself', async () => {
    const fleet = await openFleet()
    const made = await invitation(fleet, { uses: 3, labels: ['lab'] })
    await joinFleet(aPlace(), made.invitation)
    const { body } = await fleet.get('/enrolments')
    expect(body.enrolments).toMatchObject([
      { uses: 3, usesLeft: 2, labels: ['lab'], state: 'open', createdBy: 'admin' },
    ])
    expect(JSON.stringify(body)).not.toContain(made.token)
    fleet.clock.moveBy(90_000_000)
    await fleet.signIn()
    expect((await fleet.get('/enrolments')).body.enrolments[0].state).toBe('expired')
  })
})

describe('a machine', () => {
  it('gets the labels of its token', async () => {
    const fleet = await openFleet()
    const { invitation: text } = await invitation(fleet, { labels: ['lab', 'berlin'] })
    const { machineId } = await joinFleet(aPlace(), text)
    const { body } = await fleet.get(`/machines/${machineId}/labels`)
    expect(body.byHand.sort()).toEqual(['berlin', 'lab'])
  })

  it('without a token waits until an administrator lets it in', async () => {
    const fleet = await openFleet()
    const { invitation: text } = await invitation(fleet)
    const place = aPlace()
    const { waitsFor } = await joinFleet(place, withoutToken(text), { name: 'STRANGER' })
    expect(waitsFor).toBe('approval')
    expect((await fleet.get('/machines')).body.machines).toEqual([])
    const agent = await anAgent(place, PATIENT)
    await until(() => agent.status().link === 'pending')
    expect(agent.status().linkCode).toBe('ENROLMENT_PENDING')
    const [asking] = await pendingOf(fleet)
    expect(asking).toMatchObject({ hasToken: false, facts: { hostname: 'STRANGER' } })
    const approved = await fleet.post(`/machines/pending/${asking.pendingNo}/approve`, {})
    await connected(agent)
    expect(agent.status().machineId).toBe(approved.body.machineId)
    expect(agent.status().trust?.keyFingerprint).toBe(asking.keyFingerprint)
    expect(await pendingOf(fleet)).toEqual([])
  })

  it('that is denied is told so, and asks rarely', async () => {
    const fleet = await openFleet()
    const { invitation: text } = await invitation(fleet, { approval: 'pending' })
    const place = aPlace()
    await joinFleet(place, text)
    const [asking] = await pendingOf(fleet)
    expect(asking.hasToken).toBe(true)
    expect((await fleet.post(`/machines/pending/${asking.pendingNo}/deny`, {})).status).toBe(204)
    const agent = await anAgent(place, PATIENT)
    await until(() => agent.status().link === 'refused')
    expect(agent.status().linkCode).toBe('ENROLMENT_REFUSED')
    const again = await fleet.post(`/machines/pending/${asking.pendingNo}/approve`, {})
    expect(again.body.code).toBe('PENDING_NOT_FOUND')
  })

  it('of a token with approval is let in with the labels of the token', async () => {
    const fleet = await openFleet()
    const { invitation: text } = await invitation(fleet, { approval: 'pending', labels: ['lab'] })
    const place = aPlace()
    await joinFleet(place, text)
    const agent = await anAgent(place, PATIENT)
    const [asking] = await pendingOf(fleet)
    const { body } = await fleet.post(`/machines/pending/${asking.pendingNo}/approve`, {})
    await connected(agent)
    const { machine } = (await fleet.get(`/machines/${body.machineId}`)).body
    expect(machine.labels).toEqual(['lab'])
    expect((await fleet.get('/enrolments')).body.enrolments[0].usesLeft).toBe(0)
  })
})

describe('the pending list', () => {
  it('takes so many strangers of one address, and tells the others to come later', async () => {
    const fleet = await openFleet()
    const ask = (n: number) => {
      const { publicKey, facts } = new TestAgent(`S-${n}`)
      return fleet.call('POST', '/agent/v1/enrol', { publicKey, facts })
    }
    for (let n = 0; n < MAX_STRANGERS_OF_ADDRESS; n++) {
      expect((await ask(n)).body.code).toBe('ENROLMENT_PENDING')
    }
    const refused = await ask(99)
    expect([refused.status, refused.body.code]).toEqual([429, 'PENDING_FULL'])
    expect(await pendingOf(fleet)).toHaveLength(MAX_STRANGERS_OF_ADDRESS)
    // Who does not ask any more makes room, and tokens are not in anybody's way.
    const { invitation: text } = await invitation(fleet)
    await joinFleet(aPlace(), text)
    fleet.clock.moveBy(8 * 86_400_000)
    await fleet.signIn()
    expect((await ask(100)).body.code).toBe('ENROLMENT_PENDING')
    expect(await pendingOf(fleet)).toHaveLength(1)
  })

  it('is for those who may let machines in', async () => {
    const fleet = await openFleet()
    const user = { username: 'vera', password: 'a long enough password', role: 'operator' }
    expect((await fleet.post('/users', user)).status).toBe(201)
    const { username, password } = user
    const signedIn = await fleet.call('POST', '/api/v1/session', { username, password })
    const cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!
    const answers = [
      await fleet.call('GET', '/api/v1/machines/pending', undefined, { cookie }),
      await fleet.call('POST', '/api/v1/machines/pending/1/approve', {}, { cookie }),
      await fleet.call('GET', '/api/v1/enrolments', undefined, { cookie }),
      await fleet.call('POST', '/api/v1/certificate/rotate', {}, { cookie }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  })
})
