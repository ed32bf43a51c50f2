import { chmodSync, linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MARK, officeImage, runCli, temporaryPlace, writeStreams } from './run-cli.ts'

const place = temporaryPlace()
const folder = join(place.folder, 'share')
let image = ''

/** A right-to-left override, an escape sequence, a line end, a formula, bytes that are no UTF-8. */
const HOSTILE = {
  'gpj.\xe2\x80\xaeexe.x': 'a',
  '\x1b[31mred\x07': 'b',
  'two\nlines': 'c',
  "=cmd|' 'C'!A0": 'd',
  'bad\xffbytes': 'e',
}

beforeAll(() => {
  image = officeImage(place.folder)
  mkdirSync(folder)
  writeFileSync(join(folder, 'setup.exe'), 'x')
  writeStreams(join(folder, 'setup.exe'), { 'Zone.Identifier': MARK })
  linkSync(join(folder, 'setup.exe'), join(folder, 'same.exe'))
  writeStreams(folder, { note: 'on a folder' })
  mkdirSync(join(place.folder, 'hostile'))
  writeFileSync(join(place.folder, 'hostile', 'a.txt'), 'x')
  writeStreams(join(place.folder, 'hostile', 'a.txt'), HOSTILE)
  chmodSync(place.folder, 0o755)
})

afterAll(() => place.remove())

const lines = (text: string) => text.split('\n').filter((line) => line !== '')
const scan = (...args: string[]) => runCli(['scan', ...args])

describe('scan --format ndjson', () => {
  it('says of every stream what the contract names, in that order', async () => {
    const { exitCode, stdout, stderr } = await scan(folder, '--format', 'ndjson')
    const records = lines(stdout).map((line) => JSON.parse(line))
    const mark = records.find((record) => record.stream === 'Zone.Identifier')
    expect(exitCode).toBe(0)
    expect(Object.keys(mark)).toEqual(
      'path stream size kind allocated modified resident zone verdict rule links'.split(' '),
    )
    expect(mark).toMatchObject({
      size: MARK.length,
      kind: 'file',
      modified: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+Z$/),
      resident: false,
      zone: { id: 3, hostUrl: 'https://cdn.example.com/setup.exe', referrerUrl: null },
      verdict: 'mark',
      rule: 'zone-identifier',
    })
    expect(records.find((record) => record.stream === 'note')).toMatchObject({
      path: folder,
      kind: 'directory',
      zone: null,
      verdict: 'unknown',
    })
    expect(stderr).toMatch(/^scanned \d+ carriers: \d+ streams, 0 unreadable in \d\.\d\d s\n$/)
  })

  it('names all hard links of a carrier', async () => {
    const { stdout } = await scan(image, '--format', 'ndjson', '--stream', 'Zone.Identifier')
    const linked = lines(stdout)
      .map((line) => JSON.parse(line))
      .find((record) => record.links.length > 1)
    expect(linked.links).toContain(linked.path)
    expect(new Set(linked.links).size).toBe(linked.links.length)
  })

  it('adds hash and content when asked, and only then', async () => {
    const { stdout } = await scan(
      join(folder, 'setup.exe'),
      '--format',
      'ndjson',
      '--hash',
      '--content',
    )
    const [record] = lines(stdout).map((line) => JSON.parse(line))
    expect(record.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(Buffer.from(record.content, 'base64').toString()).toBe(MARK)
    expect(record).not.toHaveProperty('contentTruncated')
  })

  it('keeps names that are no Unicode as escapes, never replaced', async () => {
    const fromImage = await scan(image, '--format', 'ndjson', '--stream', 'lone*')
    expect(fromImage.stdout).toContain('"stream":"lone\\ud800surrogate"')
    const fromFolder = await scan(join(place.folder, 'hostile'), '--format', 'ndjson')
    expect(fromFolder.stdout).toContain('"stream":"bad\\udcffbytes"')
  })

  it('lists the image as its fixture says', async () => {
    const { exitCode, stdout } = await scan(image, '--format', 'ndjson', '--hash')
    expect(exitCode).toBe(0)
    expect(lines(stdout)).toHaveLength(101)
  })

  it('shows the streams of NTFS itself only with --all', async () => {
    const usual = await scan(image, '--format', 'ndjson', '--stream', '$SDS')
    const all = await scan(image, '--format', 'ndjson', '--stream', '$sds', '--all')
    expect(usual.stdout).toBe('')
    expect(JSON.parse(all.stdout)).toMatchObject({ path: '$Secure', rule: 'ntfs-internal' })
  })

  it('sums up several targets in one line', async () => {
    const { stdout, stderr } = await scan(folder, image, '--format', 'ndjson')
    const count = lines(stdout).length
    expect(lines(stderr)).toHaveLength(1)
    expect(stderr).toContain(`: ${count} streams, 0 unreadable`)
  })

  it('counts what --stream leaves out', async () => {
    const { stdout, stderr } = await scan(image, '--format', 'ndjson', '--stream', 'zone.*')
    expect(lines(stdout)).toHaveLength(9)
    expect(stderr).toContain(': 101 streams (9 shown), 0 unreadable')
  })
})

describe('scan --format csv', () => {
  it('guards formulas and shows what cannot be seen', async () => {
    const { exitCode, stdout } = await scan(join(place.folder, 'hostile'), '--format', 'csv')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(",'=cmd|' 'C'!A0,")
    expect(stdout).toContain('gpj.\\u202eexe.x')
    expect(stdout).toContain('\\u001b[31mred\\u0007')
    expect(stdout).toContain('two\\u000alines')
    expect(stdout).toContain('bad\\udcffbytes')
    expect(stdout).not.toMatch(/[\u202e\u001b\ufffd]/)
    expect(stdout.split('\r\n')).toHaveLength(1 + 5 + 1)
  })

  it('has a header, also over nothing', async () => {
    const empty = await scan(folder, '--format', 'csv', '--stream', 'nothing')
    const full = await scan(folder, '--format', 'csv', '--hash')
    expect(empty.stdout).toBe(
      'path,stream,size,kind,allocated,modified,resident,zone,hostUrl,referrerUrl,verdict,rule,links\r\n',
    )
    expect(full.stdout.split('\r\n')[0]).toBe(`${empty.stdout.trim()},sha256`)
    expect(full.stdout).toContain(',3,https://cdn.example.com/setup.exe,,mark,zone-identifier,')
  })
})

describe('scan --format table', () => {
  it('is the default, also into a pipe, with whole paths and no colour', async () => {
    const { exitCode, stdout } = await scan(folder)
    expect(exitCode).toBe(0)
    expect(lines(stdout)[0]).toMatch(/^ +Size {2}Verdict +Zone +Stream +Path$/)
    expect(stdout).toMatch(/ {4}69 B {2}mark +3 Internet +Zone\.Identifier +\S+\.exe\n/)
    expect(stdout).not.toContain('\u001b')
  })

  it('lets no name move the cursor or break the line', async () => {
    const { stdout } = await scan(join(place.folder, 'hostile'))
    expect(lines(stdout)).toHaveLength(1 + 5)
    expect(stdout).toContain('\\u001b[31mred\\u0007')
    expect(stdout).not.toMatch(/[\u202e\u001b\ufffd]/)
  })
})
