import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  MAIN,
  MARK,
  officeImage,
  outputOf,
  runCli,
  startCli,
  temporaryPlace,
  writeStreams,
} from './run-cli.ts'

const place = temporaryPlace()
const folder = join(place.folder, 'share')
let image = ''

/** Root may read everything, so an unreadable folder needs somebody else. */
const ORDINARY_USER = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

beforeAll(() => {
  chmodSync(place.folder, 0o755)
  image = officeImage(place.folder)
  mkdirSync(join(folder, 'secret'), { recursive: true })
  writeFileSync(join(folder, 'setup.exe'), 'x')
  writeStreams(join(folder, 'setup.exe'), { 'Zone.Identifier': MARK })
  chmodSync(join(folder, 'secret'), 0o000)
})

afterAll(() => {
  chmodSync(join(folder, 'secret'), 0o700)
  place.remove()
})

describe('what could not be read', () => {
  it('is counted, named and told by exit code 3, while the rest is listed', async () => {
    const { exitCode, stdout, stderr } = await runCli(
      ['scan', folder, '--format', 'ndjson'],
      ORDINARY_USER,
    )
    expect(exitCode).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ stream: 'Zone.Identifier', verdict: 'mark' })
    expect(stderr).toMatch(/^unreadable: \S+\/share\/secret: .+ \[ADS_ACCESS_DENIED\]\n/)
    expect(stderr).toMatch(/: 1 stream, 1 unreadable in .* s\n$/)
  })

  it('goes to the --errors file as NDJSON', async () => {
    const errors = join(place.folder, 'errors.ndjson')
    writeFileSync(errors, 'old')
    chmodSync(errors, 0o666)
    const { exitCode, stderr } = await runCli(['scan', folder, '--errors', errors], ORDINARY_USER)
    expect(exitCode).toBe(3)
    expect(JSON.parse(readFileSync(errors, 'utf8'))).toMatchObject({
      target: folder,
      path: join(folder, 'secret'),
      stream: null,
      code: 'ADS_ACCESS_DENIED',
    })
    expect(stderr).toContain(`1 unreadable place in ${errors}\n`)
    expect(stderr).not.toContain('unreadable: ')
  })

  it('is nothing after a complete scan, and the --errors file is empty', async () => {
    const errors = join(place.folder, 'none.ndjson')
    const { exitCode } = await runCli(['scan', image, '--errors', errors])
    expect(exitCode).toBe(0)
    expect(readFileSync(errors, 'utf8')).toBe('')
  })

  it('is asked for before the scan begins: an --errors file that cannot be written fails', async () => {
    const { exitCode, stdout, stderr } = await runCli(['scan', image, '--errors', '/nonexistent/e'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/^sidestream: cannot write the --errors file: .*\[ENOENT\]\n$/)
  })
})

describe('a target that cannot be scanned', () => {
  it('fails with one line that names it', async () => {
    const missing = join(place.folder, 'missing')
    const { exitCode, stdout, stderr } = await runCli(['scan', missing])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/^sidestream: .*missing.* \[ADS_NOT_FOUND\]\n$/)
  })

  it('does not keep the others from being scanned, but the run has failed', async () => {
    const { exitCode, stdout, stderr } = await runCli([
      'scan',
      '/nonexistent',
      image,
      '--format',
      'ndjson',
    ])
    expect(exitCode).toBe(1)
    expect(stdout.trim().split('\n')).toHaveLength(101)
    expect(stderr).toMatch(/; 1 of 2 targets failed\n$/)
  })

  it('is not clean if it is no volume', async () => {
    const text = join(place.folder, 'plain.bin')
    writeFileSync(text, 'no boot sector here')
    const { exitCode, stderr } = await runCli(['scan', text])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^sidestream: .*neither an NTFS volume.*\[ADS_NOT_A_SOURCE\]\n$/)
  })

  it('is not clean if its image ends early', async () => {
    const cut = officeImage(
      mkdirSync(join(place.folder, 'cut'), { recursive: true }) ?? place.folder,
    )
    truncateSync(cut, 600_000)
    const { exitCode, stderr } = await runCli(['scan', cut])
    expect([1, 3]).toContain(exitCode)
    expect(stderr).toMatch(/\[ADS_(CORRUPT|IO)\]/)
  })

  it('prints a stack only with --verbose', async () => {
    const plain = await runCli(['scan', '/nonexistent'])
    const verbose = await runCli(['scan', '/nonexistent', '--verbose'])
    expect(plain.stderr.split('\n')).toHaveLength(2)
    expect(verbose.stderr.split('\n').length).toBeGreaterThan(2)
  })
})

describe('wrong usage', () => {
  it.each([
    [['scan'], /missing required argument 'target' \[BAD_USAGE\]\. Try: sidestream scan --help/],
    [['scan', 'x', '--formt', 'csv'], /unknown option '--formt' \(Did you mean --format\?\)/],
    [['scan', 'x', '--format', 'xml'], /Allowed choices are table, ndjson, csv/],
    [['scan', 'x', '--stream', ''], /'--stream <glob>' argument '' is invalid/],
    [['scna'], /unknown command 'scna' \(Did you mean scan\?\)/],
    [['show', 'x', '--raw', '--hex', '--stream', 'y'], /cannot be used with option '--hex'/],
    [['show', 'x', '--raw'], /name it with --stream NAME \[BAD_USAGE\]/],
    [['central', '--port', '70000'], /whole number from 0 to 65535/],
    [['agent', 'enroll'], /required option '--scope <path...>' not specified/],
  ])('of %j exits with 2 and one line that helps', async (args, message) => {
    const { exitCode, stdout, stderr } = await runCli(args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('of nothing at all prints the help', async () => {
    const { exitCode, stdout, stderr } = await runCli([])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain('Usage: sidestream')
  })

  it('is not --help or --version', async () => {
    const help = await runCli(['scan', '--help'])
    const version = await runCli(['--version'])
    expect({ exitCode: help.exitCode, stderr: help.stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('an early end', () => {
  it('by a reader that has gone is quiet', async () => {
    const shell = spawn('sh', [
      '-c',
      `"$0" "$1" scan "$2" "$2" "$2" --format ndjson | head -n 1`,
      process.execPath,
      MAIN,
      image,
    ])
    let stdout = ''
    let stderr = ''
    shell.stdout.on('data', (data) => (stdout += data))
    shell.stderr.on('data', (data) => (stderr += data))
    await new Promise((resolve) => shell.on('close', resolve))
    expect(JSON.parse(stdout)).toHaveProperty('path')
    expect(stderr).toBe('')
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s says that the listing is incomplete', async (signal, expected) => {
    // The same image many times: a scan that lasts until it is stopped.
    const cli = startCli(['scan', ...Array(5_000).fill(image), '--format', 'ndjson'])
    await outputOf(cli, /\n/)
    cli.child.kill(signal)
    expect(await cli.ended).toBe(expected)
    expect(cli.output.stderr).toMatch(
      /^sidestream: cancelled: scanned .* streams, 0 unreadable in .* s; the listing is incomplete\n$/,
    )
    for (const line of cli.output.stdout.trim().split('\n'))
      expect(() => JSON.parse(line)).not.toThrow()
  })
})

it('finds its fixture', () => expect(existsSync(image)).toBe(true))
