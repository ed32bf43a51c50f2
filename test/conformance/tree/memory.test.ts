/**
 * The tree in memory: the expected list and the outcomes of strips through the seam of every provider and
 * the queue of every scan, with no file system beneath. What fails here is none of theirs.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../windows/support/fixture.ts'
import {
  BYSTANDER,
  expectedList,
  inOrder,
  type ListedStream,
  MARK,
  TREE,
  VICTIM,
  ZONE,
} from './tree.ts'

const DRIVER = 'build/memory_driver'
const SOURCES = [
  'test/native/memory_driver.cc',
  'test/native/memory_provider.cc',
  'native/streams/batch.cc',
  'native/streams/batch_queue.cc',
  'native/streams/carrier.cc',
  'native/streams/pace.cc',
  'native/streams/scan_part.cc',
  'native/streams/spare_batches.cc',
  'native/base/sha256.cc',
]

beforeAll(() => {
  const flags = ['-std=c++20', '-O1', '-fsanitize=address,undefined', '-Inative', '-Itest/native']
  const { status, stderr } = spawnSync(
    'g++',
    [...flags, ...SOURCES, '-lcrypto', '-lpthread', '-o', DRIVER],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`the memory driver does not compile: ${stderr}`)
}, 300_000)

const hex = (text: string) => Buffer.from(text, 'utf16le').toString('hex')
const text = (digits: string) => Buffer.from(digits, 'hex').toString('utf16le')

/** The commands that put the tree there. */
const WRITE_TREE = TREE.flatMap(({ path, kind, links, streams }, index) => [
  `${kind} id:${index} ${[path, ...links].map(hex).join(',')}`,
  ...streams.map(({ name, bytes }) => `stream ${hex(path)} ${hex(name)} ${bytes.toString('hex')}-`),
])
const IDENTITY = `id:${TREE.findIndex(({ path }) => path === VICTIM)}`
const STRIP = `strip ${hex(VICTIM)} ${IDENTITY} ${hex(MARK)} ${ZONE.length} ${sha256(ZONE)}`

/** Runs the commands on the tree; rows as they are listed, and what strips were answered. */
function run(...commands: string[]): { rows: ListedStream[]; outcomes: string[] } {
  const { status, stdout, stderr } = spawnSync(join(process.cwd(), DRIVER), {
    input: `${[...WRITE_TREE, ...commands].join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (status !== 0) throw new Error(stderr)
  const lines = stdout.split('\n').map((line) => line.split(' '))
  return {
    outcomes: lines.filter(([word]) => word === 'strip').map(([, outcome]) => outcome!),
    rows: inOrder(
      lines
        .filter(([word]) => word === 'row')
        .map(([, kind, links, stream, size, digest, content]) => ({
          kind: kind as ListedStream['kind'],
          links: text(links!).split('\0').sort(),
          stream: text(stream!),
          size: Number(size),
          sha256: digest!,
          content: Buffer.from(content!.slice(0, -1), 'hex').toString('latin1'),
        })),
    ),
  }
}

const whole = expectedList(() => false)
const without = (path: string) =>
  whole.filter(({ links, stream }) => links[0] !== path || stream !== MARK)

describe('the tree in memory', () => {
  it.each([1, 7, 65_536])('is listed stream for stream, in batches of %i', (batch) => {
    expect(run(`scan ${batch}`).rows).toEqual(whole)
  })

  it('loses one stream to a strip, and nothing to its repetition', () => {
    expect(run(STRIP, STRIP, 'scan 10')).toEqual({
      outcomes: ['done', 'gone'],
      rows: without(VICTIM),
    })
  })

  it.each([
    [
      'grew',
      'changed',
      [`stream ${hex(VICTIM)} ${hex(MARK)} ${Buffer.from(`${ZONE}more`).toString('hex')}`],
    ],
    [
      'was replaced by one of the same size',
      'changed',
      [
        `stream ${hex(VICTIM)} ${hex(MARK)} ${Buffer.from(ZONE.replace('=3', '=2')).toString('hex')}`,
      ],
    ],
    ['is gone', 'gone', [`delete ${hex(VICTIM)} ${hex(MARK)}`]],
    ['is of a carrier that is gone', 'ADS_NOT_FOUND', [`delete ${hex(VICTIM)}`]],
    [
      'is of a carrier that was replaced',
      'ADS_IDENTITY_CHANGED',
      [
        `delete ${hex(VICTIM)}`,
        `file id:new ${hex(VICTIM)}`,
        `stream ${hex(VICTIM)} ${hex(MARK)} ${Buffer.from(ZONE).toString('hex')}`,
      ],
    ],
  ])('keeps a stream that %s: %s', (_, outcome, bring) => {
    const before = run(...bring, 'scan 10').rows
    expect(run(...bring, STRIP, 'scan 10')).toEqual({ outcomes: [outcome], rows: before })
    expect(before).toContainEqual(expect.objectContaining({ links: [BYSTANDER], stream: MARK }))
  })
})
