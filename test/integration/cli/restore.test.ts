/** `sidestream restore` over what an agent took, when neither that nor its central is there any more. */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { writeConfig } from '../../../server/agent/config.ts'
import type { RunningAgent } from '../../../server/agent/start-agent.ts'
import { isRoot } from '../../support/is-root.ts'
import {
  aCentral,
  anAgent,
  aPlace,
  enrolled,
  firstScan,
  type Place,
  post,
} from '../agent/support/agent-fixture.ts'
import { aCarrier, aStrip, aTarget, stateOf } from '../agent/support/carrier.ts'
import { getStream } from '../agent/support/streams.ts'
import { runCli } from './run-cli.ts'

const mark = (path: string) => getStream(path, 'Zone.Identifier')

const restore = (place: Place, ...args: string[]) =>
  runCli(['restore', ...args, '--state', place.stateDir], { cwd: place.base })

/** An agent of a central strips the file by order; the central goes. */
async function strippedByOrder(place: Place, path: string): Promise<RunningAgent> {
  const central = await aCentral()
  await enrolled(place, central)
  const agent = await anAgent(place)
  await firstScan(agent)
  const { body } = await post(agent, '/v1/strip', aStrip(await aTarget(place.data, path)))
  expect(body.receipts).toMatchObject([{ outcome: 'done' }])
  expect(mark(path)).toBe(null)
  await central.stop()
  return agent
}

describe('sidestream restore with the state of an agent that stopped', () => {
  it('puts back by path what an order took, exactly', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    const before = stateOf(path)
    await (await strippedByOrder(place, path)).close()
    const { exitCode, stdout } = await restore(place, path)
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^done +restore/m)])
    expect(stateOf(path)).toEqual(before)
  })

  it.runIf(isRoot).each(['path', 'id'])(
    'puts back by %s what lies on another file system below its scope (needs root)',
    async (how) => {
      const place = aPlace()
      const folder = join(place.data, 'inner')
      mkdirSync(folder)
      const mounted = spawnSync('mount', ['-t', 'tmpfs', 'none', folder])
      expect(mounted.status).toBe(0)
      onTestFinished(() => void spawnSync('umount', ['-l', folder]))
      const path = aCarrier(place, 'inner/setup.exe')
      const before = stateOf(path)
      await (await strippedByOrder(place, path)).close()
      const listed = await runCli(
        ['quarantine', 'list', '--format', 'ndjson', '--state', place.stateDir],
        { cwd: place.base },
      )
      const { targetId } = JSON.parse(listed.stdout)
      const named = how === 'path' ? [path] : ['--id', targetId]
      expect(await restore(place, ...named)).toMatchObject({ exitCode: 0 })
      expect(stateOf(path)).toEqual(before)
    },
  )

  it('leaves alone what the agent’s scope excludes by now, and says so', async () => {
    const place = aPlace()
    const path = aCarrier(place)
    await (await strippedByOrder(place, path)).close()
    const settings = { scope: [place.data], exclude: [path], allowedStreams: [] }
    writeConfig(place.stateDir, settings)
    const { exitCode, stdout } = await restore(place, path)
    expect([exitCode, stdout]).toEqual([3, expect.stringContaining('not in the scope')])
    expect(mark(path)).toBe(null)
  })
})

it('says of each path that nothing is kept of it, or why no more, and does not call that done', async () => {
  const place = aPlace()
  const path = aCarrier(place)
  await (await strippedByOrder(place, path)).close()
  const other = join(place.data, 'other.exe')
  const some = await restore(place, path, other)
  expect([some.exitCode, some.stderr]).toEqual([3, `nothing is kept of ${other}\n`])
  expect(mark(path)).not.toBe(null)
  const again = await restore(place, path)
  expect([again.exitCode, again.stdout]).toEqual([3, ''])
  expect(again.stderr).toMatch(/^nothing is kept of .*setup\.exe: it was put back at 2/)
})
