/** A fleet over TLS from the command line alone: as an administrator sets one up. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  outputOf,
  type Place,
  type RunningCli,
  runCli,
  startCli,
  temporaryPlace,
} from './run-cli.ts'

const PASSWORD = 'correct horse battery staple'

let place: Place
let running: RunningCli[] = []
let env: NodeJS.ProcessEnv

beforeEach(() => {
  place = temporaryPlace()
  mkdirSync(join(place.folder, 'share'))
})

afterEach(async () => {
  for (const cli of running) cli.child.kill('SIGKILL')
  await Promise.all(running.map((cli) => cli.ended))
  running = []
  place.remove()
})

function start(...args: string[]): RunningCli {
  const cli = startCli(args, { cwd: place.folder, env })
  running.push(cli)
  return cli
}

async function run(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCli(args, { cwd: place.folder, env })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout
}

async function centralOverTls(): Promise<string> {
  env = { ...process.env, SIDESTREAM_ADMIN_PASSWORD: PASSWORD, SIDESTREAM_PASSWORD: PASSWORD }
  const options = ['--port', '0', '--log-level', 'warn', '--data', 'central']
  const cli = start('central', ...options, '--tls', '--name', '127.0.0.1')
  const [, url, pin] = await outputOf(
    cli,
    /^Sidestream central: (https:\S+)\nPin: ([0-9a-f]{64})\n/,
  )
  env.SIDESTREAM_CENTRAL = url!
  env.SIDESTREAM_CA = join(place.folder, 'central', 'authority.pem')
  return pin!
}

async function agentStatus(until: RegExp): Promise<string> {
  for (let tries = 0; ; tries++) {
    const { stdout } = await runCli(['agent', 'status'], { cwd: place.folder, env })
    if (until.test(stdout)) return stdout
    if (tries === 40) throw new Error(`the agent never said ${until}: ${stdout}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

// A dozen processes, one after the other, on a machine that may have other things to do.
describe('the command line', { timeout: 180_000 }, () => {
  it('makes a string, enrols with it, shows whom the agent trusts, and changes keys', async () => {
    const pin = await centralOverTls()
    const text = await run('central', 'enrolment', 'create', '--uses', '2', '--label', 'lab')
    expect(text).toMatch(/^ssj1\.[\w-]+\n$/)
    expect(await run('agent', 'enroll', text.trim(), '--scope', 'share')).toMatch(
      /^Enrolled as machine [0-9a-f-]{36}\.\n/,
    )
    expect(await run('central', 'enrolment', 'list')).toMatch(/^1 +open +1 of 2 +\S+Z +lab /m)
    start('agent', 'run', '--log-level', 'warn')
    const status = await agentStatus(/link +connected/)
    expect(status).toContain(`trusts      only the pins ${pin}\n`)
    expect(status).toMatch(/^certificate until 20\d\d-/m)
    const key = /^key +SHA-256 ([0-9a-f]{64})$/m.exec(status)?.[1]
    await run('agent', 'rotate-key')
    const after = await agentStatus(new RegExp(`key +SHA-256 (?!${key})`))
    expect(after).toMatch(/^key +SHA-256 [0-9a-f]{64}$/m)

    expect(await run('central', 'certificate', 'show')).toContain(`pin         ${pin} until`)
    expect(await run('central', 'certificate', 'rotate-ca')).toMatch(/accepted by +[01] of 1/)
    expect(await run('central', 'enrolment', 'revoke', '1')).toContain('Nobody enrols')
    expect(await run('central', 'enrolment', 'list')).toMatch(/^1 +revoked/m)
  })

  it('lets a machine in that waits, and says what fits together', async () => {
    const pin = await centralOverTls()
    const server = ['--server', env.SIDESTREAM_CENTRAL!, '--pin', pin]
    const asked = await run('agent', 'enroll', ...server, '--scope', 'share', '--name', 'PC-7')
    expect(asked).toContain('Central asks an administrator')
    expect(await run('central', 'pending', 'list')).toMatch(/^1 +PC-7 +127\.0\.0\.1 +[0-9a-f]{64}/m)
    expect(await run('central', 'pending', 'approve', '1')).toMatch(/^Let in as machine /)
    start('agent', 'run', '--log-level', 'warn')
    await agentStatus(/link +connected/)
  })

  it('says what does not fit together', async () => {
    env = { ...process.env }
    const usage = (...args: string[]) => runCli(args, { cwd: place.folder, env })
    const both = await usage('agent', 'enroll', 'ssj1.x', '--server', 'https://a', '--scope', 'x')
    expect(both).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('[BAD_USAGE]') })
    const torn = await usage('agent', 'enroll', 'ssj1.x', '--scope', 'x', '--state', 'other')
    expect(torn.stderr).toMatch(/\[ENROLMENT_STRING_INVALID\]\n$/)
    const open = await usage('central', '--host', '0.0.0.0', '--no-tls', '--data', 'b')
    expect(open).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/\[TLS_REQUIRED\]\n$/),
    })
    const half = await usage('central', '--tls-cert', 'x.pem', '--data', 'b')
    expect(half).toMatchObject({ exitCode: 2 })
  })
})
