/** `sidestream audit` against a real central, and without one. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { ADMIN_PASSWORD, type Fleet, openFleet } from '../central/fleet.ts'
import { runCli, startCli } from './run-cli.ts'

const asked = (fleet: Fleet, more: NodeJS.ProcessEnv = {}) => ({
  env: {
    ...process.env,
    SIDESTREAM_CENTRAL: fleet.central.url,
    SIDESTREAM_PASSWORD: ADMIN_PASSWORD,
    ...more,
  },
})

/** A fleet in which something happened, and its exported log. */
async function anExport(): Promise<{ fleet: Fleet; file: string; lines: string[]; head: string }> {
  const fleet = await openFleet()
  for (let index = 0; index < 4; index++) await fleet.token()
  const file = join(fleet.dataDir, 'audit.ndjson')
  const { exitCode, stdout, stderr } = await runCli(['audit', 'export', file], asked(fleet))
  expect([exitCode, stderr]).toEqual([0, ''])
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const [, head] = /^Exported \d+ records to .*\.\nHead ([0-9a-f]{64}): keep it/.exec(stdout)!
  return { fleet, file, lines, head: head! }
}

const verify = async (...args: string[]) => {
  const { exitCode, stdout } = await runCli(['audit', 'verify', ...args])
  return [exitCode, stdout.split('\n')[0]]
}

describe('audit export', () => {
  it('has every record, its own last, and is checked without central', async () => {
    const { fleet, file, lines, head } = await anExport()
    const records = lines.map((line) => JSON.parse(line))
    expect(records.map(({ auditId }) => auditId)).toEqual(lines.map((_, index) => index + 1))
    expect(records.at(-1)).toMatchObject({ action: 'audit.exported', actor: 'admin', hash: head })
    await fleet.central.close()
    const intact = `intact: ${lines.length} records, head ${head}`
    expect(await verify(file)).toEqual([0, intact])
    expect(await verify(file, '--head', head)).toEqual([
      0,
      `${intact}, 0 records after the expected head`,
    ])
    const folder = await runCli(['audit', 'head', '--data', fleet.dataDir])
    expect(folder.stdout).toMatch(/^\d+ [0-9a-f]{64}\n$/)
    expect((await verify('--data', fleet.dataDir, '--head', head))[0]).toBe(0)
    await fleet.start()
  })

  it('never writes over a file, needs audit.read, and leaves nothing behind when refused', async () => {
    const { fleet, file } = await anExport()
    const again = await runCli(['audit', 'export', file], asked(fleet))
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('exists; name')])
    const token = await fleet.post('/tokens', {
      name: 'looks',
      permissions: ['inventory.read'],
      validForDays: 1,
    })
    const other = join(fleet.dataDir, 'other.ndjson')
    const secret = { SIDESTREAM_TOKEN: token.body.secret as string }
    const refused = await runCli(['audit', 'export', other], asked(fleet, secret))
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/lacks the permission audit\.read.*\[NOT_PERMITTED\]\n$/),
    ])
    expect(() => readFileSync(other)).toThrow('ENOENT')
  })

  it('takes a password from standard input', async () => {
    const fleet = await openFleet()
    const cli = startCli(['audit', 'head', '--password-file', '-'], asked(fleet))
    cli.child.stdin!.end(`${ADMIN_PASSWORD}\n`)
    expect([await cli.ended, cli.output.stderr]).toEqual([0, ''])
  })
})

describe('audit verify', () => {
  it('names each way to tamper with a file, and exits with 1', async () => {
    const { file, lines, head } = await anExport()
    const tampered = async (changed: string[], ...args: string[]) => {
      writeFileSync(file, `${changed.join('\n')}\n`)
      const [exitCode, said] = await verify(file, ...args)
      expect(exitCode).toBe(1)
      return /^broken: (record \d+: [a-z-]+): /.exec(said as string)?.[1]
    }
    const nobody = lines[2]!.replace('"actor":"admin"', '"actor":"nobody"')
    expect(await tampered(lines.with(2, nobody))).toBe('record 3: altered')
    expect(await tampered(lines.toSpliced(2, 1))).toBe('record 3: missing')
    expect(await tampered(lines.with(2, lines[3]!).with(3, lines[2]!))).toBe('record 4: reordered')
    expect(await tampered(lines.toSpliced(3, 0, lines[2]!))).toBe('record 3: inserted')
    const cut = lines.slice(0, -1)
    expect(await tampered(cut, '--head', head)).toBe(`record ${lines.length}: cut-off`)
    writeFileSync(file, lines.join('\n').slice(0, -10))
    expect(await verify(file)).toEqual([1, expect.stringContaining(': cut-off: ')])
  })

  it('finds a change made in the database itself', async () => {
    const { fleet } = await anExport()
    await fleet.central.close()
    const db = new Database(join(fleet.dataDir, 'central.sqlite'))
    db.exec('DROP TRIGGER audit_entry_is_never_changed')
    db.exec("UPDATE audit_entry SET details_json = '{ }' WHERE audit_id = 2")
    db.close()
    expect(await verify('--data', fleet.dataDir)).toEqual([
      1,
      expect.stringMatching(/^broken: record 2: altered: /),
    ])
    await fleet.start()
  })

  it('says what it needs', async () => {
    for (const args of [[], ['x', '--data', 'y'], ['x', '--head', 'short']]) {
      const { exitCode, stderr } = await runCli(['audit', 'verify', ...args])
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/\[BAD_USAGE\]\n$/)])
    }
    const missing = await runCli(['audit', 'verify', '/nowhere/audit'])
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('[CANNOT_READ]') })
  })
})
