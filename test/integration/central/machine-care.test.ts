/** Labels, retirement, copies and coverage of machines. */
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { machineFingerprint } from '../../../server/agent/machine-facts.ts'
import type { CoveragePage } from '../../../server/protocol/api/machine-care.ts'
import type { MachineFacts } from '../../../server/protocol/link-frames.ts'
import { anAgent } from '../agent/support/agent-fixture.ts'
import { type Fleet, openFleet, until } from './fleet.ts'
import { aRealAgent, startRealAgent } from './real-agent.ts'
import { TestAgent, volume } from './test-agent.ts'

const DAY = 86_400_000

function says(agent: TestAgent, facts: Partial<MachineFacts>): void {
  const whole = { ...agent.facts, ...facts }
  Object.defineProperty(agent, 'facts', { get: () => whole })
}

async function hostnames(fleet: Fleet, filter = ''): Promise<string[]> {
  const { body } = await fleet.get(`/machines${filter}`)
  return body.machines.map((machine: { hostname: string }) => machine.hostname)
}

describe('labels', () => {
  it('are given by hand, select machines, and are on record', async () => {
    const fleet = await openFleet()
    const [a] = [await fleet.agent('PC-A'), await fleet.agent('PC-B')]
    const url = `/api/v1/machines/${a.machineId}/labels`
    const set = await fleet.call('PUT', url, { labels: ['Finance', 'floor-2'] })
    expect(set.body).toEqual({ byHand: ['Finance', 'floor-2'], byRule: [] })
    expect(await hostnames(fleet, '?label=finance')).toEqual(['PC-A'])
    expect((await fleet.get(`/machines/${a.machineId}`)).body.machine.labels).toEqual([
      'Finance',
      'floor-2',
    ])
    expect((await fleet.call('PUT', url, { labels: ['no blanks'] })).status).toBe(400)
    await fleet.call('PUT', url, { labels: [] })
    expect(await hostnames(fleet, '?label=finance')).toEqual([])
    const { entries } = (await fleet.get('/audit')).body
    expect(entries[0]).toMatchObject({ action: 'machine.labelled', details: { labels: [] } })
  })

  it('come from rules at once and at each hello, and go with the rule but not with the hand', async () => {
    const fleet = await openFleet()
    const a = await fleet.agent('PC-A')
    const rule = { label: 'desktop', facts: { hostname: 'pc-*', platform: 'WIN32' } }
    const created = await fleet.post('/label-rules', rule)
    expect(created.body).toMatchObject({ ...rule, machineCount: 1, createdBy: 'admin' })
    const b = await fleet.agent('PC-B')
    await fleet.agent('SRV-C')
    await fleet.call('PUT', `/api/v1/machines/${b.machineId}/labels`, { labels: ['desktop'] })
    expect(await hostnames(fleet, '?label=desktop')).toEqual(['PC-A', 'PC-B'])

    // A machine that is another one by now.
    a.disconnect()
    says(a, { hostname: 'SRV-A' })
    await a.connect(fleet.central.url)
    expect(await hostnames(fleet, '?label=desktop')).toEqual(['PC-B'])

    await fleet.call('DELETE', `/api/v1/label-rules/${created.body.ruleNo}`)
    expect((await fleet.get('/label-rules')).body.rules).toEqual([])
    expect(await hostnames(fleet, '?label=desktop')).toEqual(['PC-B'])
    const again = await fleet.call('DELETE', `/api/v1/label-rules/${created.body.ruleNo}`)
    expect(again.body.code).toBe('RULE_NOT_FOUND')
    expect((await fleet.post('/label-rules', { label: 'x', facts: {} })).status).toBe(400)
  })
})

describe('a machine', () => {
  it('that was not seen for long is stale; one that is connected is not', async () => {
    const fleet = await openFleet({ staleAfterDays: 30 })
    const gone = await fleet.agent('GONE')
    await fleet.agent('HERE')
    gone.disconnect()
    await until(async () => !(await fleet.get('/machines')).body.machines[0].isOnline || undefined)
    const stale = async () =>
      (await fleet.get('/machines')).body.machines.map(
        (machine: { isStale: boolean }) => machine.isStale,
      )
    fleet.clock.moveBy(29 * DAY)
    await fleet.signIn()
    expect(await stale()).toEqual([false, false])
    fleet.clock.moveBy(2 * DAY)
    await fleet.signIn()
    expect(await stale()).toEqual([true, false])
  })

  it('that is retired is hidden, cut off and kept out until it is returned; nothing of it is lost', async () => {
    const fleet = await openFleet()
    const agent = await aRealAgent(fleet, 'PC-OLD')
    const url = `/machines/${agent.machineId}`
    expect((await fleet.post(`${url}/retire`, { reason: 'sold' })).status).toBe(204)
    await until(() => agent.status().link === 'refused' || undefined)
    expect(agent.status().linkMessage).toContain('retired')
    expect(await hostnames(fleet)).toEqual([])
    expect(await hostnames(fleet, '?retired=true')).toEqual(['PC-OLD'])
    expect((await fleet.get(url)).body.machine).toMatchObject({
      isOnline: false,
      retiredAt: expect.any(String),
    })
    await agent.close()
    const again = await anAgent(agent.place)
    await until(() => again.status().link === 'refused' || undefined)
    await again.close()

    expect((await fleet.post(`${url}/return`, {})).status).toBe(204)
    await startRealAgent(agent.place)
    expect(await hostnames(fleet)).toEqual(['PC-OLD'])
    const actions = (await fleet.get('/audit')).body.entries.map(
      ({ action }: { action: string }) => action,
    )
    expect(actions.slice(0, 2)).toEqual(['machine.returned', 'machine.retired'])
  })

  it('that was copied with its key is told from the original, which stays connected', async () => {
    const fleet = await openFleet()
    const original = await aRealAgent(fleet, 'GOLDEN')
    const identity = JSON.parse(
      readFileSync(join(original.place.stateDir, 'identity.json'), 'utf8'),
    )
    const copy = new TestAgent('COPY')
    fleet.agents.push(copy)
    copy.machineId = original.machineId as never
    says(copy, { fingerprint: 'c'.repeat(64) })
    const connect = async () =>
      copy.hello(await copy.open(fleet.central.url), {
        signWith: createPrivateKey(identity.privateKey),
      })
    await connect()
    expect(await copy.closed()).toBe(4410)
    await connect()
    expect(await copy.closed()).toBe(4410)
    expect(original.status().link).toBe('connected')
    expect((await fleet.get('/machine-clones')).body.clones).toMatchObject([
      { machineId: original.machineId, hostname: 'GOLDEN', cloneHostname: 'COPY', seenCount: 2 },
    ])
    const refusals = (await fleet.get('/audit')).body.entries.filter(
      ({ action }: { action: string }) => action === 'machine.clone-refused',
    )
    expect(refusals).toHaveLength(1)

    // The original is gone: this may as well be itself, with a new name.
    await original.close()
    await until(async () => !(await fleet.get('/machines')).body.machines[0].isOnline || undefined)
    await connect()
    expect((await copy.next('welcome')).type).toBe('welcome')
  })

  it('has a fingerprint that names neither its system nor its host', () => {
    expect(machineFingerprint()).toMatch(/^[0-9a-f]{64}$/)
    expect(machineFingerprint()).toBe(machineFingerprint())
  })
})

describe('coverage', () => {
  it('names every machine of which something is not known, and why', async () => {
    const fleet = await openFleet()
    const whole = await fleet.agent('A-WHOLE')
    whole.finishScan()
    await fleet.agent('B-NEVER')
    const partly = await fleet.agent('C-PARTLY')
    const unreadable = [{ path: 'C:\\x', stream: null, code: 'ADS_ACCESS_DENIED', message: 'no' }]
    partly.finishScan({
      state: 'incomplete',
      unreadableCount: 9,
      unreadable,
      volumes: [
        volume(),
        volume({ root: 'D:\\', provider: 'mft', isWritable: false }),
        volume({ root: '=E:\\', isWritable: false }),
      ],
    })
    const off = await fleet.agent('D-OFF')
    off.finishScan({ state: 'failed', message: 'No part of the scope could be scanned.' })
    await until(async () => {
      const { counts } = (await fleet.get('/coverage')).body
      return (counts.neverScanned === 1 && counts.failed === 1) || undefined
    })
    off.disconnect()
    await until(async () => (await fleet.get('/coverage')).body.counts.online === 3 || undefined)

    const { body } = await fleet.get('/coverage')
    expect(body.counts).toMatchObject({ machines: 4, incomplete: 1, stale: 0 })
    expect(body.gaps).toMatchObject([
      { hostname: 'B-NEVER', kinds: ['never-scanned'], lastScanAt: null },
      {
        hostname: 'C-PARTLY',
        kinds: ['incomplete', 'read-raw', 'read-only'],
        unreadableCount: 9,
        unreadable,
        unwritableRoots: ['D:\\', '=E:\\'],
      },
      {
        hostname: 'D-OFF',
        kinds: ['offline', 'failed'],
        message: expect.stringMatching('No part'),
      },
    ])
    const pages: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: CoveragePage = (
        await fleet.get(`/coverage?limit=1${cursor && `&cursor=${cursor}`}`)
      ).body
      pages.push(...page.gaps.map((gap) => gap.hostname))
      cursor = page.cursor
    }
    expect(pages).toEqual(['B-NEVER', 'C-PARTLY', 'D-OFF'])
    const csv = (await fleet.get('/coverage/export?format=csv')).body as string
    expect(csv.split('\r\n')).toHaveLength(5)
    const machines = (await fleet.get('/machines/export?format=ndjson')).body as string
    expect(machines.trim().split('\n')).toHaveLength(4)
  })
})
