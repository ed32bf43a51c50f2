/** The addon's lines without the addon: test/native/lines_driver.cc, built with the sanitizers. */
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ScannedStream } from '../../../native/scan.ts'
import { root } from '../../../scripts/lib/run.ts'
import { judgeName } from '../../../server/streams/verdict.ts'

const DRIVER = join(root, 'build/lines-test/lines_driver')

export function buildDriver(): void {
  mkdirSync(join(root, 'build/lines-test'), { recursive: true })
  const sources = globSync('native/listing/*.cc', { cwd: root })
  const flags = '-std=c++20 -O1 -g -Wall -Wextra -Werror -Inative'.split(' ')
  const sanitizers = '-fsanitize=address,undefined -fno-sanitize-recover=all'.split(' ')
  execFileSync(
    'g++',
    [...flags, ...sanitizers, ...sources, 'test/native/lines_driver.cc', '-o', DRIVER],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  )
}

/** Each stream's line as the addon makes it, or null where it leaves the stream to TypeScript. */
export function nativeLines(
  streams: readonly ScannedStream[],
  taughtNames: Iterable<string>,
): (string | null)[] {
  const input = Buffer.concat([
    ...[...taughtNames].map(lesson),
    ...streams.map((stream) => request(stream)),
  ])
  const { status, stdout, stderr } = spawnSync(DRIVER, { input, maxBuffer: 1 << 30 })
  if (status !== 0) throw new Error(`lines_driver: ${stderr}`)
  const lines: (string | null)[] = []
  for (let at = 0; at < stdout.length; ) {
    const bytes = stdout.readUInt32LE(at)
    const line = stdout.subarray(at + 4, at + 4 + bytes)
    // Latin-1, so that a byte that is not UTF-8 is seen as what it is.
    lines.push(bytes === 0 ? null : line.toString('latin1'))
    at += 4 + bytes
  }
  return lines
}

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const u64 = (value: bigint) => Buffer.from(BigUint64Array.of(BigInt.asUintN(64, value)).buffer)
const text = (value: string) => Buffer.concat([u32(value.length), Buffer.from(value, 'utf16le')])
const bytes = (value: Uint8Array) => Buffer.concat([u32(value.length), value])

function lesson(name: string): Buffer {
  const verdict = judgeName(name)
  if (verdict === null) return Buffer.alloc(0)
  return Buffer.concat([
    Buffer.from('L'),
    text(name),
    u64(BigInt(verdict.belowBytes)),
    bytes(Buffer.from(verdict.verdict)),
    bytes(Buffer.from(verdict.rule)),
  ])
}

function request(stream: ScannedStream): Buffer {
  const { path, links, name, size, allocated, modifiedNs, kind, isResident, content } = stream
  const flags = (kind === 'directory' ? 1 : 0) | (isResident ? 2 : 0) | (content === null ? 0 : 4)
  return Buffer.concat([
    Buffer.from('S'),
    text(path),
    u32(links.length),
    ...links.map(text),
    text(name),
    u64(size),
    u64(allocated),
    u64(modifiedNs),
    Buffer.of(flags),
    bytes(content ?? Buffer.alloc(0)),
  ])
}
