/** `sidestream user` and `sidestream token`, against a real central. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADMIN_PASSWORD, type Fleet, openFleet } from '../central/fleet.ts'
import { runCli } from './run-cli.ts'

const asked = (fleet: Fleet, more: Record<string, string> = {}) => ({
  cwd: fleet.dataDir,
  env: {
    ...process.env,
    SIDESTREAM_CENTRAL: fleet.central.url,
    SIDESTREAM_PASSWORD: ADMIN_PASSWORD,
    ...more,
  },
})

describe('scopes on the command line', () => {
  it('are given to users and tokens, shown, and taken away', async () => {
    const fleet = await openFleet()
    const run = (...args: string[]) => runCli(args, asked(fleet))
    const password = join(fleet.dataDir, 'first-password')
    writeFileSync(password, 'a password of some length\n')
    const add = ['user', 'add', 'lara', '--role', 'operator', '--new-password-file', password]
    const added = await run(...add, '--scope', 'Lab-PCs', 'Kiosks')
    expect([added.exitCode, added.stdout]).toEqual([
      0,
      'lara can sign in as operator, for machines with Lab-PCs or Kiosks.\n',
    ])
    expect((await run('user', 'list')).stdout).toMatch(
      /^lara +operator +machines with Lab-PCs or Kiosks +local +active$/m,
    )
    expect((await run('user', 'list')).stdout).toMatch(/^admin +admin +all machines +local/m)
    const token = await run('token', 'create', 'script', '--scope', 'Lab-PCs', '--days', '1')
    expect(token.stderr).toContain('for machines with Lab-PCs')
    const secret = token.stdout.trim()
    const headers = { authorization: `Bearer ${secret}`, cookie: '' }
    const session = await fleet.call('GET', '/api/v1/session', undefined, headers)
    expect(session.body.scope).toEqual(['Lab-PCs'])
    expect((await run('token', 'list')).stdout).toMatch(/^1 +script +admin +machines with Lab-PCs/m)
    expect((await run('token', 'end', '1')).exitCode).toBe(0)
    const changed = await run('user', 'change', 'lara', '--all-machines')
    expect(changed.stdout).toContain('lara is operator, for all machines')
    const nothing = await run('user', 'change', 'lara')
    expect([nothing.exitCode, nothing.stderr]).toEqual([2, expect.stringContaining('--scope')])
  }, 60_000)
})
