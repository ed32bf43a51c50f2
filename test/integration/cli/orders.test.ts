/** `strip`, `reduce`, `mark`, `restore` and `quarantine list` as the processes that people run. No server. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { snapshotFolder } from '../../../scripts/lib/independent-disk.ts'
import { openState } from '../../../server/agent/state/open-state.ts'
import { getStream, setStream } from '../agent/support/streams.ts'
import { MARK, type Place, runCli, temporaryPlace } from './run-cli.ts'

const REDUCED = '[ZoneTransfer]\r\nZoneId=3\r\n'

let place: Place
beforeEach(() => {
  place = temporaryPlace()
  onTestFinished(() => place.remove())
})

const sidestream = (...args: string[]) => runCli(args, { cwd: place.folder })

function aFile(name: string, stream = 'Zone.Identifier', content = MARK): string {
  const path = join(place.folder, 'data', name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, `content of ${name}`)
  setStream(path, stream, content)
  utimesSync(path, 1_600_000_000, 1_500_000_000)
  return path
}

const rowsOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const mark = (path: string) => getStream(path, 'Zone.Identifier')?.toString() ?? null
const disk = () => snapshotFolder(join(place.folder, 'data'))

describe('sidestream strip', () => {
  it('takes the one stream off, keeps it, and restore puts the tree back as it was', async () => {
    const path = aFile('setup.exe')
    setStream(path, 'Other', 'stays')
    const before = disk()
    const { exitCode, stdout } = await sidestream(
      'strip',
      'data/setup.exe',
      '--stream',
      'zone.identifier',
    )
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(
      /^Outcome +Action +Size +Stream +Path\ndone +strip +\d+ B +Zone\.Identifier +\/.*setup\.exe\n$/,
    )
    expect([mark(path), getStream(path, 'Other')?.toString()]).toEqual([null, 'stays'])
    const listed = await sidestream('quarantine', 'list', '--format', 'ndjson')
    expect(rowsOf(listed.stdout)).toMatchObject([
      { path, stream: 'Zone.Identifier', outcome: 'done' },
    ])
    expect((await sidestream('restore', 'data/setup.exe')).exitCode).toBe(0)
    expect(disk()).toEqual(before)
    expect((await sidestream('quarantine', 'list')).stdout).toMatch(/ restored +[0-9a-f-]{36} /)
  })

  it('shows with --dry-run what would go, and changes nothing', async () => {
    aFile('a.exe')
    aFile('sub/b.exe')
    const before = disk()
    const args = ['strip', 'data', '--recursive', '--stream', 'Zone.Identifier', '--dry-run']
    const { exitCode, stdout } = await sidestream(...args, '--format', 'ndjson')
    expect(exitCode).toBe(0)
    expect(rowsOf(stdout).map(({ outcome }) => outcome)).toEqual(['would', 'would'])
    expect(disk()).toEqual(before)
  })

  it('asks for --yes where there is more than one and nobody to ask', async () => {
    const [a, b] = [aFile('a.exe'), aFile('sub/b.exe')]
    const args = ['strip', 'data', '--recursive', '--stream', 'Zone.Identifier']
    const asked = await sidestream(...args)
    expect([asked.exitCode, asked.stdout]).toEqual([2, ''])
    expect(asked.stderr).toMatch(/^sidestream: 2 targets: say --yes.*\[BAD_USAGE\]\n$/)
    expect([mark(a), mark(b)]).toEqual([MARK, MARK])
    expect((await sidestream(...args, '--yes')).exitCode).toBe(0)
    expect([mark(a), mark(b)]).toEqual([null, null])
  })

  it('takes a folder without --recursive as itself alone', async () => {
    const file = aFile('a.exe')
    setStream(join(place.folder, 'data'), 'Zone.Identifier', MARK)
    expect((await sidestream('strip', 'data', '--stream', 'Zone.Identifier')).exitCode).toBe(0)
    expect([mark(join(place.folder, 'data')), mark(file)]).toEqual([null, MARK])
  })

  it.each(['WofCompressedData', 'AFP_Resource'])(
    'never touches %s and says why',
    async (stream) => {
      const path = aFile('a.exe', stream, 'the file itself')
      const before = disk()
      const { exitCode, stdout } = await sidestream('strip', path, '--stream', stream, '--yes')
      expect(exitCode).toBe(3)
      expect(stdout).toMatch(/protected .*This stream is never stripped/)
      expect(disk()).toEqual(before)
    },
  )

  it('keeps to a policy.json in its state folder', async () => {
    const path = aFile('a.exe')
    mkdirSync(join(place.folder, '.sidestream/local'), { recursive: true, mode: 0o700 })
    writeFileSync(join(place.folder, '.sidestream/local/policy.json'), '{"streams":["Other"]}')
    const { exitCode, stdout } = await sidestream('strip', path, '--stream', 'Zone.Identifier')
    expect([exitCode, mark(path)]).toEqual([3, MARK])
    expect(stdout).toContain('(streams)')
  })

  it.each([
    [['strip', 'data'], /--stream/],
    [['strip', 'data', '--stream', ''], /empty/],
    [['restore'], /name what to put back/],
    [['mark', 'data', '--zone', '7'], /0 to 4/],
  ])('%j is bad usage', async (args, message) => {
    aFile('a.exe')
    const { exitCode, stderr } = await sidestream(...args)
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(message)
  })

  it('fails for a path that is not there, and has nothing to do for one without the stream', async () => {
    aFile('a.exe')
    expect((await sidestream('strip', 'nowhere', '--stream', 'x')).exitCode).toBe(1)
    expect((await sidestream('strip', 'data/a.exe', '--stream', 'x')).exitCode).toBe(0)
  })

  it('does not share its state folder with another run', async () => {
    const path = aFile('a.exe')
    const state = openState(join(place.folder, '.sidestream/local'))
    onTestFinished(() => state.close())
    const { exitCode, stderr } = await sidestream('strip', path, '--stream', 'Zone.Identifier')
    expect([exitCode, mark(path)]).toEqual([1, MARK])
    expect(stderr).toContain('[STATE_IN_USE]')
  })
})

describe('sidestream reduce and mark', () => {
  it('keep the zone alone, and write one where it was lost', async () => {
    const path = aFile('a.exe')
    const before = disk()
    expect((await sidestream('reduce', path)).exitCode).toBe(0)
    expect(mark(path)).toBe(REDUCED)
    expect((await sidestream('restore', path)).exitCode).toBe(0)
    expect(disk()).toEqual(before)
    const refused = await sidestream('mark', path, '--zone', '3')
    expect([refused.exitCode, mark(path)]).toEqual([3, MARK])
    expect(refused.stdout).toMatch(/^changed/m)
    await sidestream('strip', path, '--stream', 'Zone.Identifier')
    const url = 'https://example.com/a.exe'
    expect((await sidestream('mark', path, '--zone', '3', '--host-url', url)).exitCode).toBe(0)
    expect(mark(path)).toBe(`[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=${url}\r\n`)
  })

  it('put back by id, and say which id they do not know', async () => {
    const path = aFile('a.exe')
    await sidestream('strip', path, '--stream', 'Zone.Identifier')
    const [{ targetId }] = rowsOf(
      (await sidestream('quarantine', 'list', '--format', 'ndjson')).stdout,
    )
    const other = crypto.randomUUID()
    const { exitCode, stderr } = await sidestream('restore', '--id', targetId, other)
    expect([exitCode, mark(path)]).toEqual([3, MARK])
    expect(stderr).toContain(other)
  })
})
