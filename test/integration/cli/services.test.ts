/** `central` and `agent` as the processes that people run. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  MARK,
  outputOf,
  type Place,
  type RunningCli,
  runCli,
  startCli,
  temporaryPlace,
  writeStreams,
} from './run-cli.ts'

let place: Place
let running: RunningCli[] = []

beforeEach(() => {
  place = temporaryPlace()
})

afterEach(async () => {
  for (const cli of running) cli.child.kill('SIGKILL')
  await Promise.all(running.map((cli) => cli.ended))
  running = []
  place.remove()
})

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningCli {
  const cli = startCli(args, { cwd: place.folder, env: { ...process.env, ...env } })
  running.push(cli)
  return cli
}

async function startCentral(...args: string[]): Promise<{ cli: RunningCli; url: string }> {
  const cli = start(['central', '--port', '0', '--log-level', 'warn', ...args])
  const [, url] = await outputOf(cli, /^Sidestream central: (http:\S+)\n/)
  return { cli, url: url! }
}

async function stop(cli: RunningCli): Promise<number | null> {
  cli.child.kill('SIGTERM')
  return cli.ended
}

async function signIn(url: string, password: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ username: 'admin', password }),
  })
  expect(response.status).toBeLessThan(300)
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}

describe('central permissions', () => {
  it('prints for each permission which roles have it', async () => {
    const { exitCode, stdout } = await runCli(['central', 'permissions'], { cwd: place.folder })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(
      /^Permission +viewer +analyst +operator +approver +admin +With a scope +May$/m,
    )
    expect(stdout).toMatch(/^orders\.approve +- +- +- +yes +yes +its machines +approve orders/m)
  })
})

describe('central', () => {
  it('says its address, and the login on the first run only; SIGTERM ends it well', async () => {
    const first = await startCentral()
    const [, password] = await outputOf(first.cli, /First login: admin \/ (\S+)\n/)
    expect((await fetch(`${first.url}/healthz`)).ok).toBe(true)
    await signIn(first.url, password!)
    expect(await stop(first.cli)).toBe(0)
    expect(statSync(join(place.folder, '.sidestream', 'central')).isDirectory()).toBe(true)

    const second = await startCentral()
    expect(await stop(second.cli)).toBe(0)
    expect(second.cli.output.stdout).not.toContain('First login')
  })

  it('keeps its data where SIDESTREAM_DATA says', async () => {
    const cli = start(['central', '--port', '0', '--log-level', 'warn'], {
      SIDESTREAM_DATA: 'elsewhere',
    })
    await outputOf(cli, /Sidestream central: /)
    expect(await stop(cli)).toBe(0)
    expect(statSync(join(place.folder, 'elsewhere')).isDirectory()).toBe(true)
  })

  it('tells in one line that the port is taken', async () => {
    const { url } = await startCentral('--data', 'a')
    const { exitCode, stdout, stderr } = await runCli(
      ['central', '--port', new URL(url).port, '--data', join(place.folder, 'b')],
      { cwd: place.folder },
    )
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/^sidestream: port \d+ of 127\.0\.0\.1 is taken .* \[PORT_IN_USE\]\n$/)
  })
})

describe('agent', () => {
  it('enrols, runs, and tells its status; central learns of its streams', async () => {
    const share = join(place.folder, 'share')
    mkdirSync(share)
    writeFileSync(join(share, 'setup.exe'), 'x')
    writeStreams(join(share, 'setup.exe'), { 'Zone.Identifier': MARK })
    const central = await startCentral()
    const [, password] = await outputOf(central.cli, /First login: admin \/ (\S+)\n/)
    const cookie = await signIn(central.url, password!)
    const created = await fetch(`${central.url}/api/v1/enrolments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, origin: central.url },
      body: JSON.stringify({ uses: 1 }),
    })
    const { token } = (await created.json()) as { token: string }

    const enrolled = await runCli(
      [
        'agent',
        'enroll',
        '--server',
        central.url,
        '--token',
        token,
        '--scope',
        'share',
        '--name',
        'PC-1',
      ],
      { cwd: place.folder },
    )
    expect(enrolled).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Enrolled as machine [0-9a-f-]{36}\.\n/),
    })

    const agent = start(['agent', 'run', '--log-level', 'warn'])
    const status = await eventually(async () => {
      const { stdout } = await runCli(['agent', 'status', '--format', 'json'], {
        cwd: place.folder,
      })
      const found = JSON.parse(stdout)
      expect(found).toMatchObject({ link: 'connected', streamsKnown: 1, unacknowledged: 0 })
      return found
    })
    const people = await runCli(['agent', 'status'], { cwd: place.folder })
    expect(people.stdout).toContain(`machine     ${status.machineId}\n`)
    expect(people.stdout).toMatch(
      /last scan +complete at \S+: \d carriers, 1 stream, 0 unreadable\n/,
    )

    const page = await fetch(`${central.url}/api/v1/streams?q=machine:PC-1`, {
      headers: { cookie },
    })
    expect(await page.json()).toMatchObject({ total: 1, streams: [{ verdict: 'mark' }] })
    expect(await stop(agent)).toBe(0)
  })

  it('says that it does not run, and how to start it', async () => {
    const { exitCode, stderr } = await runCli(['agent', 'status', '--state', 'nowhere'], {
      cwd: place.folder,
    })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /^sidestream: no agent listens on .*; start it: sidestream agent run --state nowhere \[AGENT_NOT_RUNNING\]\n$/,
    )
  })

  it('does not run before it knows what to scan', async () => {
    const { exitCode, stderr } = await runCli(['agent', 'run', '--state', 'nowhere'], {
      cwd: place.folder,
    })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^sidestream: .* \[CONFIG_INVALID\]\n$/)
  })
})

async function eventually<T>(check: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await check()
    } catch (error) {
      if (tries === 40) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}
