/** `sidestream order` against a central with real agents: what the console does, for scripts. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aCarrier, stateOf, withoutMark } from '../agent/support/carrier.ts'
import { ADMIN_PASSWORD, type Fleet, openFleet } from '../central/fleet.ts'
import { aRealAgent, type RealAgent } from '../central/real-agent.ts'
import { runCli } from './run-cli.ts'

const OTHERS_PASSWORD = 'somebody else looks at it'

interface Ordering {
  fleet: Fleet
  agent: RealAgent
  /** As the administrator. */
  order(...args: string[]): ReturnType<typeof runCli>
  /** As an approver. */
  asPiet(...args: string[]): ReturnType<typeof runCli>
}

async function aFleet(...files: string[]): Promise<Ordering> {
  const fleet = await openFleet()
  const agent = await aRealAgent(fleet, 'PC-A', (place) => {
    for (const file of files) aCarrier(place, file)
  })
  await fleet.post('/users', { username: 'piet', password: OTHERS_PASSWORD, role: 'approver' })
  const as =
    (user: string, password: string) =>
    (...args: string[]) => {
      const { url } = fleet.central
      const who = { SIDESTREAM_USER: user, SIDESTREAM_PASSWORD: password }
      const env = { ...process.env, SIDESTREAM_CENTRAL: url, ...who }
      return runCli(['order', ...args], { env })
    }
  return { fleet, agent, order: as('admin', ADMIN_PASSWORD), asPiet: as('piet', OTHERS_PASSWORD) }
}

const WHY = ['--reason', 'our own installer'] as const

/** The id of a preview of everything marked. */
async function aPreview({ order }: Ordering, query = 'zone:3'): Promise<string> {
  const { stdout } = await order('preview', query, '--format', 'ndjson')
  return JSON.parse(stdout).previewId
}

describe('order', () => {
  it('goes from preview to receipts and back, byte for byte', async () => {
    const all = await aFleet('a.exe', 'b.exe')
    const { agent, order } = all
    const path = join(agent.place.data, 'a.exe')
    const before = stateOf(path)
    const shown = await order('preview', 'zone:3 name:a.exe')
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' })
    expect(shown.stdout).toMatch(/^strip: 1 target on 1 machine, \d+ B\nmachines: PC-A 1\n/)
    const [, preview] = /sidestream order create (\S+) --confirm 1/.exec(shown.stdout)!
    const made = await order('create', preview!, '--confirm', '1', ...WHY, '--watch')
    expect(made.exitCode).toBe(0)
    expect(made.stdout).toMatch(/^order \S+: strip, finished\n1 target on 1 machine: 1 done\n/)
    expect(made.stderr).toContain('finished: 1 done')
    expect(stateOf(path)).toEqual(withoutMark(before))

    const [, orderId] = /^order (\S+):/.exec(made.stdout)!
    const undone = await order('undo', orderId!, '--confirm', '1', ...WHY, '--watch')
    expect([undone.exitCode, undone.stdout]).toEqual([
      0,
      expect.stringContaining('restore, finished'),
    ])
    expect(stateOf(path)).toEqual(before)
    const list = await order('list', '--format', 'ndjson')
    const rows = list.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows.map(({ action, undoes }) => [action, undoes])).toEqual([
      ['restore', orderId],
      ['strip', null],
    ])
    expect((await order('list')).stdout).toMatch(/^order +action +state +targets/)
  })

  it('is shown target by target and machine by machine', async () => {
    const all = await aFleet('a.exe')
    const { order } = all
    const made = await order('create', await aPreview(all), '--confirm', '1', ...WHY, '--watch')
    const [, orderId] = /^order (\S+):/.exec(made.stdout)!
    const targets = await order('show', orderId!, '--targets')
    expect(targets.stdout).toMatch(
      /^state +machine +stream +path +reason\ndone +PC-A +Zone\.Identifier/,
    )
    const csv = await order('show', orderId!, '--targets', '--format', 'csv')
    expect(csv.stdout.split('\r\n')[0]).toContain('hostname')
    const machines = await order('show', orderId!, '--machines', '--format', 'ndjson')
    expect(JSON.parse(machines.stdout)).toMatchObject({ hostname: 'PC-A', counts: { done: 1 } })
  })

  it('waits for a second person where the policy asks, and says who may not', async () => {
    const all = await aFleet('a.exe')
    const { fleet, order, asPiet } = all
    await fleet.call('PUT', '/api/v1/orders/policy', {
      secondPersonAbove: 0,
      secondPersonFor: { actions: [], verdicts: [] },
    })
    const preview = await aPreview(all)
    const made = await order('create', preview, '--confirm', '1', ...WHY)
    expect(made).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('awaiting-approval'),
    })
    const [, orderId] = /^order (\S+):/.exec(made.stdout)!
    const own = await order('approve', orderId!, '--confirm', '1', ...WHY)
    expect([own.exitCode, own.stderr]).toEqual([1, expect.stringMatching(/\[OWN_ORDER\]\n$/)])
    const wrong = await asPiet('approve', orderId!, '--confirm', '2', ...WHY)
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/\[COUNT_MISMATCH\]\n$/),
    ])
    const late = await asPiet('watch', orderId!, '--time-limit', '1')
    expect(late.exitCode).toBe(3)
    const approved = await asPiet('approve', orderId!, '--confirm', '1', ...WHY, '--watch')
    expect([approved.exitCode, approved.stdout]).toEqual([
      0,
      expect.stringContaining('approved by piet'),
    ])
    const again = await order('approve', orderId!, '--confirm', '1', ...WHY)
    expect(again.stderr).toMatch(
      /only one that is awaiting-approval can be approved \[ORDER_STATE\]/,
    )
  })

  it('is paused, resumed, cancelled and rejected, each with its reason', async () => {
    const all = await aFleet('a.exe', 'b.exe')
    const { agent, order, asPiet, fleet } = all
    await agent.close()
    const made = await order(
      'create',
      await aPreview(all, 'zone:3 name:a.exe'),
      '--confirm',
      '1',
      ...WHY,
    )
    const [, orderId] = /^order (\S+): strip, running/.exec(made.stdout)!
    const paused = await order('pause', orderId!, '--reason', 'wait for the weekend')
    expect(paused.stdout).toContain('paused by admin at ')
    expect((await order('resume', orderId!, '--reason', 'go on')).stdout).toContain(
      'strip, running',
    )
    const cancelled = await order('cancel', orderId!)
    expect(cancelled.stdout).toContain('strip, cancelled\n1 target on 1 machine: 1 cancelled\n')
    expect((await order('watch', orderId!)).exitCode).toBe(3)
    const again = await order('retry', orderId!, '--states', 'cancelled', '--confirm', '1', ...WHY)
    expect(again.stdout).toContain(`names targets of ${orderId} again`)

    await fleet.call('PUT', '/api/v1/orders/policy', {
      secondPersonAbove: 0,
      secondPersonFor: { actions: [], verdicts: [] },
    })
    const waiting = await order(
      'create',
      await aPreview(all, 'name:b.exe zone:3'),
      '--confirm',
      '1',
      ...WHY,
    )
    const [, waitingId] = /^order (\S+):/.exec(waiting.stdout)!
    const rejected = await asPiet('reject', waitingId!, '--reason', 'not ours')
    expect(rejected.stdout).toContain('rejected by piet')
  })

  it('needs its count, and says what it does not understand', async () => {
    const all = await aFleet('a.exe')
    const { order } = all
    const preview = await aPreview(all)
    const line = async (...args: string[]) => {
      const { exitCode, stderr } = await order(...args)
      return [exitCode, stderr]
    }
    const usage = (text: string) => [2, expect.stringContaining(text)]
    expect(await line('create', preview, ...WHY)).toEqual(usage('--confirm'))
    expect(await line('create', preview, '--confirm', '1')).toEqual(usage('--reason'))
    expect(await line('create', preview, '--confirm', '1', ...WHY, '--ramp', '0')).toEqual(
      usage('1 to 100'),
    )
    expect(await line('preview')).toEqual(usage('name what is meant'))
    expect(await line('preview', 'zone:3', '--action', 'mark', '--zone', '3')).toEqual(
      usage('a mark names files'),
    )
    expect(await line('create', preview, '--confirm', '7', ...WHY)).toEqual([
      1,
      expect.stringMatching(/^sidestream: 1 .*, not 7.* \[COUNT_MISMATCH\]\n$/),
    ])
    const nobody = '00000000-0000-4000-8000-000000000001'
    expect(await line('create', 'abc', '--confirm', '1', ...WHY)).toEqual(usage('order preview'))
    expect(await line('watch', '123')).toEqual(usage('order list'))
    const toMark = ['preview', '--action', 'mark', '--zone', '3']
    expect(await line(...toMark, '--done-of', 'abc')).toEqual(usage('order list'))
    const created = ['create', preview, '--confirm', '1', ...WHY]
    expect(await line(...created, '--expires', 'yesterday')).toEqual(usage('a time to come'))
    expect(await line('show', nobody)).toEqual([1, expect.stringMatching(/\[ORDER_NOT_FOUND\]\n$/)])
  })
})
