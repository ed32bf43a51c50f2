import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeCabinet } from '../../../scripts/package/msi/cabinet.ts'

const HEAD_BYTES = 44
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sidestream-cabinet-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A cabinet of one folder, read as a decoder does: the window goes on from block to block. */
function read(cabinet: Buffer): Map<string, Buffer> {
  const entries: { name: string; at: number; size: number }[] = []
  let at = HEAD_BYTES
  for (let left = cabinet.readUInt16LE(28); left > 0; left--) {
    const end = cabinet.indexOf(0, at + 16)
    const name = cabinet.toString('latin1', at + 16, end)
    entries.push({ name, size: cabinet.readUInt32LE(at), at: cabinet.readUInt32LE(at + 4) })
    at = end + 1
  }
  const blocks: Buffer[] = []
  at = cabinet.readUInt32LE(36)
  for (let left = cabinet.readUInt16LE(40); left > 0; left--) {
    const size = cabinet.readUInt16LE(at + 4)
    const packed = cabinet.subarray(at + 8, at + 8 + size)
    expect(packed.toString('latin1', 0, 2)).toBe('CK')
    const before = blocks.at(-1)
    const options = before === undefined ? {} : { dictionary: before }
    blocks.push(inflateRawSync(packed.subarray(2), options))
    expect(blocks.at(-1)).toHaveLength(cabinet.readUInt16LE(at + 6))
    at += 8 + size
  }
  const content = Buffer.concat(blocks)
  return new Map(
    entries.map(({ name, at, size }) => [name, content.subarray(at, at + size)] as const),
  )
}

function cabinetOf(contents: Readonly<Record<string, Buffer>>): Buffer {
  const files = Object.entries(contents).map(([name, content]) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return { name, path }
  })
  const output = join(folder, 'out.cab')
  writeCabinet(files, output)
  return readFileSync(output)
}

describe('a cabinet', () => {
  it('gives back its files, over the bounds of blocks', () => {
    const noise = Buffer.from(
      Array.from({ length: 70_001 }, (_, at) => (at * 31 + (at >> 9)) & 255),
    )
    const contents = { first: Buffer.from('MZ'), empty: Buffer.alloc(0), noise }
    const cabinet = cabinetOf(contents)
    expect(cabinet.toString('latin1', 0, 4)).toBe('MSCF')
    expect(cabinet.readUInt32LE(8)).toBe(cabinet.length)
    const found = read(cabinet)
    expect([...found.keys()]).toEqual(['first', 'empty', 'noise'])
    for (const [name, content] of Object.entries(contents)) {
      expect(found.get(name)?.equals(content), name).toBe(true)
    }
  })

  it('writes what repeats within the block before only once', () => {
    // What does not repeat within itself, but is there again in the block after.
    const once = Buffer.alloc(32_768)
    let seed = 1
    for (let at = 0; at < once.length; at++) {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
      once[at] = seed >> 16
    }
    const single = cabinetOf({ file: once }).length
    expect(cabinetOf({ file: Buffer.concat([once, once]) }).length).toBeLessThan(single * 1.1)
  })
})
