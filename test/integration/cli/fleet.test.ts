/** `search` and `query` against a central with real agents. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { aCarrier } from '../agent/support/carrier.ts'
import { ADMIN_PASSWORD, type Fleet, openFleet, until } from '../central/fleet.ts'
import { aRealAgent, type RealAgent } from '../central/real-agent.ts'
import { runCli, startCli } from './run-cli.ts'

async function aFleet(): Promise<{ fleet: Fleet; a: RealAgent; b: RealAgent }> {
  const fleet = await openFleet({ timing: { liveTickMs: 50 } })
  const a = await aRealAgent(fleet, 'PC-A', (place) => aCarrier(place, 'a.exe'))
  const b = await aRealAgent(fleet, 'PC-B', (place) => aCarrier(place, 'b.exe'))
  await until(async () => (await fleet.get('/coverage')).body.counts.neverScanned === 0)
  return { fleet, a, b }
}

const asked = (fleet: Fleet, more: NodeJS.ProcessEnv = {}) => ({
  env: {
    ...process.env,
    SIDESTREAM_CENTRAL: fleet.central.url,
    SIDESTREAM_PASSWORD: ADMIN_PASSWORD,
    ...more,
  },
})

it('search lists what central knows, and says where it does not know everything', async () => {
  const { fleet, a } = await aFleet()
  const all = await runCli(['search', 'zone:3', '--format', 'ndjson'], asked(fleet))
  expect({ ...all, stdout: '' }).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: 'found 2 streams of 2 machines\n',
  })
  const rows = all.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rows.map(({ hostname }) => hostname).sort()).toEqual(['PC-A', 'PC-B'])

  await fleet.agent('PC-NEW')
  const table = await runCli(['search', 'machine:pc-a zone:3'], asked(fleet))
  expect(table.exitCode).toBe(3)
  expect(table.stdout).toContain(`PC-A: ${join(a.place.data, 'a.exe')}`)
  expect(table.stderr).toContain('of 1 machine not everything is known: never scanned 1')
  const csv = await runCli(['search', 'nothing-has-this', '--format', 'csv'], asked(fleet))
  expect(csv.stdout).toMatch(/^machineId,hostname,path,stream,[^\n]+\r\n$/)
})

it('query asks the disks, of the chosen machines and folders', async () => {
  const { fleet, a, b } = await aFleet()
  const late = aCarrier(a.place, 'late.exe')
  const args = ['query', 'name:late.exe zone:3', '--format', 'ndjson']
  const all = await runCli(args, asked(fleet))
  expect(all).toMatchObject({
    exitCode: 0,
    stderr: 'found 1 stream: 2 of 2 machines answered\n',
  })
  expect(JSON.parse(all.stdout)).toMatchObject({ hostname: 'PC-A', path: late })

  const some = await runCli([...args, '--machines', 'pc-b', 'x*'], asked(fleet))
  expect(some).toMatchObject({ exitCode: 0, stdout: '' })
  expect(some.stderr).toBe('found 0 streams: 1 of 1 machine answered\n')
  // One of them has no such folder: its answer is no answer to this.
  const folder = await runCli(
    [...args, '--paths', b.place.data, '--machines', 'pc-*'],
    asked(fleet),
  )
  expect(folder.stderr).toContain(`PC-A: ${b.place.data}: outside-scope`)
  expect(folder.stderr).toContain('2 of 2 machines answered, 1 of them incomplete\n')
  expect(folder.exitCode).toBe(3)
})

it('query says of whom it has no answer, and exits with 3', async () => {
  const { fleet, b } = await aFleet()
  await b.close()
  await until(async () => (await fleet.get('/coverage')).body.counts.online === 1)
  const { exitCode, stdout, stderr } = await runCli(
    ['query', 'zone:3', '--rows', '1'],
    asked(fleet),
  )
  expect(exitCode).toBe(3)
  expect(stdout).toContain('a.exe')
  expect(stderr).toContain('PC-B: offline: The machine is not connected.\n')
  expect(stderr).toContain('found 1 stream: 1 of 2 machines answered, 1 offline\n')
})

it('query that is interrupted is cancelled at central too', async () => {
  const fleet = await openFleet({ timing: { liveTickMs: 50 } })
  const agent = await fleet.agent('DEAF')
  const cli = startCli(['query', ''], asked(fleet))
  await until(() => agent.requests.length > 0 || undefined)
  cli.child.kill('SIGTERM')
  expect(await cli.ended).toBe(143)
  const { questions } = (await fleet.get('/live-queries')).body
  expect(questions[0]).toMatchObject({ isCancelled: true })
})

it('an error of a query points at its characters, wherever it was asked', async () => {
  const fleet = await openFleet()
  for (const command of [['search'], ['query'], ['order', 'preview']]) {
    const said = async (query: string) => (await runCli([...command, query], asked(fleet))).stderr
    expect(await said('zone:3 AND size:>64qb')).toMatch(
      /^sidestream: a size .* \(at character 17, “>64qb”\) \[QUERY_INVALID\]\n$/,
    )
    // A name in it cannot move the cursor.
    expect(await said('size:\u001b2J')).toMatch(/^sidestream: [^\u001b]*\n$/)
  }
}, 60_000)

it('wrong use and failures are one line each', async () => {
  const fleet = await openFleet()
  const line = async (args: string[], env: NodeJS.ProcessEnv = {}) => {
    const { exitCode, stderr } = await runCli(args, asked(fleet, env))
    expect(stderr).not.toContain(ADMIN_PASSWORD)
    return [exitCode, stderr]
  }
  const wrong = join(fleet.dataDir, 'password')
  writeFileSync(wrong, 'wrong password\n')
  expect(await line(['search', 'zone:'])).toEqual([
    1,
    expect.stringMatching(/^sidestream: .* \[QUERY_INVALID\]\n$/),
  ])
  expect(await line(['search', '', '--password-file', wrong])).toEqual([
    1,
    expect.stringMatching(/\[SIGN_IN_REFUSED\]\n$/),
  ])
  expect(await line(['search', ''], { SIDESTREAM_PASSWORD: '' })).toEqual([
    2,
    expect.stringContaining('--password-file'),
  ])
  expect(await line(['query', '', '--central', 'ftp://x'])).toEqual([
    2,
    expect.stringContaining('is no address'),
  ])
  expect(await line(['query', '', '--central', 'http://127.0.0.1:1'])).toEqual([
    1,
    expect.stringMatching(/does not answer: .* \[CENTRAL_UNREACHABLE\]\n$/),
  ])
  expect(await line(['query', '', '--machines', 'nobody'])).toEqual([
    2,
    expect.stringContaining('no machine fits nobody'),
  ])
})
