import { createPrivateKey } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { parseFrame } from '../../../server/shared/frame-codec.ts'
import { anAgent, aPlace, post } from '../agent/support/agent-fixture.ts'
import { FAST_LINK } from '../agent/support/fast-link.ts'
import { until } from '../agent/support/until.ts'
import { type Fleet, openFleet } from '../central/fleet.ts'
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

/** A socket that says what it is given and tells how it ended. */
async function resend(url: string, frames: (string | Buffer)[]): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/agent/v1`, {
    rejectUnauthorized: false,
  })
  return new Promise((resolve, reject) => {
    // The challenge has come: a real agent would answer now.
    socket.once('message', () => {
      for (const frame of frames) socket.send(frame)
    })
    socket.on('close', resolve)
    socket.on('error', reject)
  })
}

async function machine(fleet: Fleet, machineId: string) {
  return (await fleet.get(`/machines/${machineId}`)).body.machine
}

describe('a handshake that was recorded', () => {
  it('is refused when it is sent again, over TLS and without', async () => {
    for (const open of [() => secureFleet(), () => openFleet()]) {
      const fleet = await open()
      const agent = await fleet.agent('RECORDED')
      const sent: (string | Buffer)[] = []
      agent.disconnect()
      const nonce = await agent.open(fleet.central.url)
      const { socket } = agent
      const send = socket.send.bind(socket)
      socket.send = (data: string | Buffer) => {
        sent.push(data)
        send(data)
      }
      agent.hello(nonce)
      await agent.next('welcome')
      agent.disconnect()
      expect(parseFrame(Buffer.from(sent[0] as string), false)).toMatchObject({ type: 'hello' })
      expect(await resend(fleet.central.url, sent)).toBe(4401)
    }
  })

  it('is refused with another TLS session in it, even if all else is signed anew', async () => {
    const fleet = await secureFleet()
    const agent = await fleet.agent('BOUND')
    agent.disconnect()
    agent.hello(await agent.open(fleet.central.url), { binding: 'ab'.repeat(32) })
    expect(await agent.closed()).toBe(4413)
  })
})

describe('an identity that was copied', () => {
  it('does not get in while the machine is there, and is on record', async () => {
    const fleet = await secureFleet()
    const { place, agent, machineId } = await aMember(fleet)
    const impostor = await fleet.agent('OTHER')
    impostor.disconnect()
    impostor.machineId = machineId as typeof impostor.machineId
    const facts = { ...impostor.facts, fingerprint: 'cd'.repeat(32) }
    Object.defineProperty(impostor, 'facts', { value: facts })
    const signWith = createPrivateKey(identityOf(place).privateKey)
    impostor.hello(await impostor.open(fleet.central.url), { signWith })
    expect(await impostor.closed()).toBe(4410)
    expect(agent.status().link).toBe('connected')
    const { clones } = (await fleet.get('/machine-clones')).body
    expect(clones).toMatchObject([{ machineId, cloneHostname: 'OTHER' }])
  })
})

describe('a key', () => {
  it('is made anew on the machine, and the old one is worth nothing', async () => {
    const fleet = await secureFleet()
    const { place, agent, machineId } = await aMember(fleet)
    const { privateKey: old } = identityOf(place)
    const before = agent.status().trust?.keyFingerprint
    expect((await post(agent, '/v1/identity/rotate-key', {})).status).toBe(200)
    await until(() => agent.status().trust?.keyFingerprint !== before)
    await connected(agent)
    const now = identityOf(place)
    expect(now.privateKey).not.toBe(old)
    expect(now.nextPrivateKey).toBeUndefined()
    expect((await machine(fleet, machineId)).isOnline).toBe(true)
    await agent.close()
    changeIdentity(place, { privateKey: old })
    await linkCode(await anAgent(place), 'badSignature')
  })

  it('is made anew when central asks, and it is on record', async () => {
    const fleet = await secureFleet()
    const { agent, machineId } = await aMember(fleet)
    const before = agent.status().trust?.keyFingerprint
    expect((await fleet.post(`/machines/${machineId}/rotate-key`, {})).status).toBe(204)
    await until(() => agent.status().trust?.keyFingerprint !== before)
    const { body } = await fleet.get('/audit?limit=5')
    const actions = body.entries.map(({ action }: { action: string }) => action)
    expect(actions).toContain('machine.key-rotated')
  })

  it('that central has taken, while its welcome was lost, is used from then on', async () => {
    const fleet = await secureFleet()
    const { place, agent } = await aMember(fleet)
    const old = identityOf(place)
    const before = agent.status().trust?.keyFingerprint
    await post(agent, '/v1/identity/rotate-key', {})
    await until(() => agent.status().trust?.keyFingerprint !== before)
    await agent.close()
    // As if the agent had been killed before it heard of it.
    const { privateKey: nextPrivateKey } = identityOf(place)
    changeIdentity(place, { privateKey: old.privateKey, nextPrivateKey })
    await connected(await anAgent(place))
    expect(identityOf(place).privateKey).toBe(nextPrivateKey)
  })

  it('that is revoked ends the connection at once and opens none any more', async () => {
    const fleet = await secureFleet()
    const { agent, machineId } = await aMember(fleet)
    const refused = await fleet.post(`/machines/${machineId}/revoke`, {
      reason: 'laptop was stolen',
    })
    expect(refused.status).toBe(204)
    await linkCode(agent, 'revoked')
    expect(agent.status()).toMatchObject({ link: 'refused' })
    expect(agent.status().linkMessage).toContain('revoked')
    // It has tried again by then.
    await sleep(FAST_LINK.refusedRetryMs * 3)
    expect(agent.status().linkCode).toBe('revoked')
    expect((await machine(fleet, machineId)).isOnline).toBe(false)
    await fleet.restart()
    const answer = await fleet.post(`/machines/${machineId}/scan`, {})
    expect(answer.body.code).toBe('MACHINE_OFFLINE')
  })
})

describe('a machine that lost its key, or whose key is revoked,', () => {
  it('is the same machine again by a token that takes it back', async () => {
    const fleet = await secureFleet()
    const { place, agent, machineId } = await aMember(fleet)
    await fleet.post(`/machines/${machineId}/revoke`, { reason: 'laptop was stolen' })
    await linkCode(agent, 'revoked')
    await agent.close()
    const { invitation: text } = await invitation(fleet, { takesBack: true })
    expect(await codeOf(joinFleet(place, text))).toBe('ALREADY_ENROLLED')
    expect(await joinFleet(place, text, { isAgain: true })).toMatchObject({ machineId })
    await connected(await anAgent(place))
    expect((await fleet.get('/machines')).body.machines).toHaveLength(1)
  })

  it('is another machine by a token that does not', async () => {
    const fleet = await secureFleet()
    const { place, agent, machineId } = await aMember(fleet)
    await agent.close()
    await until(async () => !(await machine(fleet, machineId)).isOnline)
    rmSync(join(place.stateDir, 'identity.json'))
    const { invitation: text } = await invitation(fleet)
    expect((await joinFleet(place, text)).machineId).not.toBe(machineId)
  })

  it('does not get the place of one that is connected', async () => {
    const fleet = await secureFleet()
    const { agent, machineId } = await aMember(fleet)
    const { invitation: text } = await invitation(fleet, { takesBack: true })
    // The same computer, so the same fingerprint.
    expect((await joinFleet(aPlace(), text)).machineId).not.toBe(machineId)
    expect(agent.status().link).toBe('connected')
  })

  it('is the same machine again when an administrator says so', async () => {
    const fleet = await secureFleet()
    const { place, agent, machineId } = await aMember(fleet)
    await agent.close()
    rmSync(join(place.stateDir, 'identity.json'))
    const { invitation: text } = await invitation(fleet, { approval: 'pending' })
    await joinFleet(place, text)
    const again = await anAgent(place, { linkTimings: { ...FAST_LINK, pendingRetryMs: 100 } })
    const [asking] = (await fleet.get('/machines/pending')).body.pending
    expect(asking.looksLike).toBe(machineId)
    await fleet.post(`/machines/pending/${asking.pendingNo}/approve`, { machineId })
    await connected(again)
    expect(again.status().machineId).toBe(machineId)
  })
})
