import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MARK, officeImage, runCli, temporaryPlace, writeStreams } from './run-cli.ts'

const place = temporaryPlace()
const file = join(place.folder, 'setup.exe')
const binary = '\0\x01\xff MZ'
let image = ''

beforeAll(() => {
  image = officeImage(place.folder)
  writeFileSync(file, 'x')
  writeFileSync(join(place.folder, 'plain.txt'), 'x')
  mkdirSync(join(place.folder, 'empty'))
  writeStreams(file, {
    'Zone.Identifier': MARK,
    AFP_Resource: 'fork',
    binary,
    text: 'caf\xc3\xa9\r\n\x1b[2Jgone\ttab',
    'odd\x07name': 'odd',
  })
})

afterAll(() => place.remove())

const show = (...args: string[]) => runCli(['show', ...args])

describe('show', () => {
  it('explains each stream of a file', async () => {
    const { exitCode, stdout } = await show(file)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('5 streams on this file')
    expect(stdout).toMatch(
      /Zone\.Identifier\n {2}size +69 B\n {2}verdict +mark \(zone-identifier\)\n +A Mark of the Web/,
    )
    expect(stdout).toContain('from          https://cdn.example.com/setup.exe')
    expect(stdout).toMatch(/AFP_Resource[\s\S]*never removed +it is the resource fork/)
    expect(stdout).toContain('odd\\u0007name')
  })

  it('tells the same as JSON', async () => {
    const { stdout } = await show(file, '--format', 'json')
    const shown = JSON.parse(stdout)
    expect(shown).toMatchObject({ path: file, kind: 'file' })
    expect(shown.streams).toHaveLength(5)
    expect(
      shown.streams.find((entry: { stream: string }) => entry.stream === 'Zone.Identifier'),
    ).toMatchObject({
      zone: { id: 3 },
      verdict: 'mark',
      explanation: expect.stringContaining('Mark of the Web'),
      neverStrip: null,
    })
  })

  it('says that there are none, and that this is no failure', async () => {
    const plain = await show(join(place.folder, 'plain.txt'))
    const folder = await show(join(place.folder, 'empty'))
    expect(plain).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('this file has no streams'),
    })
    expect(folder).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('this folder has no streams'),
    })
  })

  it.each([
    'Users\\anna\\Desktop\\photo.jpg',
    '/Users/anna/Desktop/photo.jpg',
    'C:\\Users\\anna\\Desktop\\photo.jpg',
  ])('finds %s inside an image', async (path) => {
    const { exitCode, stdout } = await show(image, path)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('Users\\anna\\Desktop\\photo.jpg: 3 streams')
  })

  it('shows the root of an image without a path', async () => {
    expect((await show(image)).stdout).toContain('root-note')
  })

  it.each([
    ['a file that is not there', ['/nonexistent'], /ADS_NOT_FOUND/],
    ['a path that the image has not', ['IMAGE', 'Users\\nobody'], /ADS_NOT_FOUND/],
    [
      'a stream that the file has not',
      ['FILE', '--stream', 'nope'],
      /has no stream nope; it has .*\[STREAM_NOT_FOUND\]/,
    ],
  ])('fails in one line for %s', async (_what, args, message) => {
    const { exitCode, stdout, stderr } = await show(
      ...args.map((arg) => arg.replace('IMAGE', image).replace('FILE', file)),
    )
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})

describe('show --stream', () => {
  it('prints text with its lines, and nothing that a terminal would act on', async () => {
    const { stdout } = await show(file, '--stream', 'TEXT')
    expect(stdout).toBe('café\n\\u001b[2Jgone\ttab\n')
  })

  it('finds a stream by the name that our listings show', async () => {
    expect((await show(file, '--stream', 'odd\\u0007name')).stdout).toBe('odd\n')
  })

  it('prints other content as a hex dump', async () => {
    const { stdout } = await show(file, '--stream', 'binary')
    expect(stdout).toBe('00000000  00 01 ff 20 4d 5a                                ... MZ\n')
  })

  it('prints anything as a hex dump with --hex', async () => {
    expect((await show(file, '--stream', 'AFP_Resource', '--hex')).stdout).toMatch(
      /^0{8} {2}66 6f 72 6b +fork\n$/,
    )
  })

  it('writes exact bytes with --raw', async () => {
    const raw = await show(file, '--stream', 'Zone.Identifier', '--raw')
    expect(raw.stdout).toBe(MARK)
    const large = await show(
      image,
      'Users\\anna\\Desktop\\notes.txt',
      '--stream',
      'archive',
      '--raw',
    )
    expect(large.stdout.length).toBeGreaterThan(50_000)
  })
})
