/** The listing that begins before the arguments are parsed says what the parsed one would. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeSource, freshBundle, SCAN } from '../../../server/cli/bundles.mjs'
import { buildProgram } from '../../../server/cli/program.ts'
import { Terminal } from '../../../server/cli/terminal.ts'
import { usualScan } from '../../../server/cli/usual-scan.ts'
import { MARK, officeImage, runEntry, temporaryPlace, writeStreams } from './run-cli.ts'

const ENTRY = fileURLToPath(new URL('../../../server/cli/sidestream.mjs', import.meta.url))
const place = temporaryPlace()
const folder = join(place.folder, 'share')
let image = ''

beforeAll(() => {
  image = officeImage(place.folder)
  mkdirSync(folder)
  writeFileSync(join(folder, 'setup.exe'), 'x')
  writeStreams(join(folder, 'setup.exe'), {
    'Zone.Identifier': MARK,
    'zone.identifier': MARK,
    note: 'a "text"\twith blanks',
    SmartScreen: 'Anaheim',
    'bad\xffbytes': 'MZ',
  })
})

afterAll(() => place.remove())

/** Without the time, which differs. */
const told = (stderr: string) => stderr.replace(/\d+\.\d\d s\n$/, '')

describe('the usual scan', () => {
  it.each([
    ['an image', () => image],
    ['a folder', () => folder],
    ['a place that is not there', () => join(place.folder, 'missing')],
    ['a file that is no target', () => join(folder, 'plain')],
  ])('of %s is the same as one that is parsed', async (_, target) => {
    writeFileSync(join(folder, 'plain'), 'no boot sector')
    const usual = await runEntry(ENTRY, ['scan', target(), '--format', 'ndjson'])
    const turned = await runEntry(ENTRY, ['scan', '--format', 'ndjson', target()])
    const parsed = await runEntry(ENTRY, ['scan', target(), '--format=ndjson'])
    // Read record by record: `*` leaves none out, and is not the addon's to judge.
    const records = await runEntry(ENTRY, ['scan', target(), '--format', 'ndjson', '--stream', '*'])
    for (const other of [turned, parsed, records]) {
      expect(other.stdout).toBe(usual.stdout)
      expect(told(other.stderr)).toBe(told(usual.stderr))
      expect(other.exitCode).toBe(usual.exitCode)
    }
  })

  it('is run from one file, for as long as no source of it has changed', () => {
    expect(freshBundle(SCAN)).toMatch(/build\/scan\/usual-scan\.mjs$/)
    const sources = join(place.folder, 'sources.json')
    const [path, bytes, changedAt] = describeSource('server/cli/usual-scan.ts')
    for (const [other, bundle] of [
      [[path, bytes, changedAt], freshBundle(SCAN)],
      [[path, bytes + 1, changedAt], null],
      [[path, bytes, changedAt - 1], null],
      [['server/cli/missing.ts', bytes, changedAt], null],
    ]) {
      writeFileSync(sources, JSON.stringify([other]))
      expect(freshBundle({ ...SCAN, sources })).toBe(bundle)
    }
    expect(freshBundle({ ...SCAN, sources: join(place.folder, 'missing.json') })).toBeNull()
  })

  it('has the flags that the parser would give it', async () => {
    const args = ['scan', '/a b', '--format', 'ndjson']
    const { stdout, stderr } = process
    const terminal = new Terminal({ stdout, stderr, isColorOff: true })
    const program = buildProgram({ terminal, environment: {}, finish: () => {} })
    const scan = program.commands.find((command) => command.name() === 'scan')!
    scan.action(() => {})
    await program.parseAsync(args, { from: 'user' })
    expect(usualScan(args)).toEqual({ target: scan.args[0], flags: scan.opts() })
    expect(usualScan(['scan', '--format', 'ndjson', '/a b'])).toEqual(usualScan(args))
  })

  it.each([
    [['scan', 'x']],
    [['scan', 'x', 'y', '--format', 'ndjson']],
    [['scan', 'x', '--format', 'csv']],
    [['scan', '--format', 'ndjson']],
    [['scan', '-x', '--format', 'ndjson']],
    [['scan', '', '--format', 'ndjson']],
    [['scan', 'ndjson', 'x', '--format']],
    [['show', 'x', '--format', 'ndjson']],
    [['scan', 'x', '--format', 'ndjson', '--hash']],
    [[]],
  ])('is not %j', (args) => {
    expect(usualScan(args)).toBeNull()
  })
})
