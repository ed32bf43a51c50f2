/** Contents as ntfs-3g stores them on a real volume: compressed, and in pieces. */
import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordsInUse } from '../../support/mft-records.ts'
import { scanAll } from '../../support/native.ts'
import {
  makeNtfsImage,
  python,
  temporaryFolder,
  withMounted,
} from '../../support/ntfs-3g-volume.ts'

/** Text that packs well, noise that does not, and a hole: units of all three kinds. */
const MIXED = Buffer.concat([
  Buffer.alloc(200_000, 'the same words again and '),
  Buffer.from(Array.from({ length: 100_000 }, (_, n) => (n * n * 2_654_435_761) >>> 13)),
  Buffer.alloc(300_000),
  Buffer.alloc(70_001, 'end'),
])

const WRITE_COMPRESSED = `
import base64, json, os, struct, sys
root = os.fsencode(sys.argv[1]); content = base64.b64decode(json.load(sys.stdin))
folder = os.path.join(root, b"packed"); os.mkdir(folder)
os.setxattr(folder, "system.ntfs_attrib", struct.pack("<I", 0x800))
path = os.path.join(folder, b"file.bin")
open(path, "wb").close()
os.setxattr(path, "system.ntfs_attrib", struct.pack("<I", 0x800))
with open(path + b":mixed", "wb") as stream: stream.write(content)
with open(path, "wb") as file: file.write(content)
`

/** Every second of many one-cluster files goes, and nothing else is free: the stream takes what they left. */
const WRITE_FRAGMENTED = `
import base64, json, os, sys
root = os.fsencode(sys.argv[1]); content = base64.b64decode(json.load(sys.stdin))
spacers = [os.path.join(root, b"spacer%04d" % n) for n in range(700)]
for spacer in spacers: open(spacer, "wb").write(b"s" * 4096)
open(os.path.join(root, b"carrier"), "wb").close()
filler = open(os.path.join(root, b"filler"), "wb", buffering=0)
try:
    while filler.write(b"f" * 4096): pass
except OSError: pass
filler.close()
for spacer in spacers[::2]: os.unlink(spacer)
with open(os.path.join(root, b"carrier:large"), "wb") as stream: stream.write(content)
`

let folder: string
let image: string
beforeAll(() => {
  folder = temporaryFolder()
  image = join(folder, 'volume.img')
})
afterAll(() => rmSync(folder, { recursive: true }))

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

function write(megabytes: number, program: string, content: Buffer): void {
  makeNtfsImage(image, megabytes)
  withMounted(image, 'streams_interface=windows,compression', (mount) =>
    python(program, [mount], content.toString('base64')),
  )
}

describe('contents on a real volume', () => {
  it('are unpacked where ntfs-3g compressed them', async () => {
    write(16, WRITE_COMPRESSED, MIXED)
    const { streams, unreadable } = await scanAll(image, { hash: true })
    expect(unreadable).toEqual([])
    expect(streams).toMatchObject([
      { name: 'mixed', size: BigInt(MIXED.length), sha256: sha256(MIXED) },
    ])
    // Compressed indeed: else this would show nothing.
    expect(Number(streams[0]!.allocated)).toBeLessThan(MIXED.length / 2)
  })

  it('are put together from the pieces that they lie in', async () => {
    const content = Buffer.from(Array.from({ length: 1_000_000 }, (_, n) => (n * 31) >>> 5))
    write(16, WRITE_FRAGMENTED, content)
    const { streams, unreadable } = await scanAll(image, { hash: true })
    expect(unreadable).toEqual([])
    expect(streams).toMatchObject([{ name: 'large', sha256: sha256(content) }])
    const carrier = Number(BigInt.asUintN(48, BigInt(streams[0]!.identity.slice('ntfs:'.length))))
    const held = [...recordsInUse(readFileSync(image)).values()].filter(
      (r) => r.carrier === carrier,
    )
    const attributeBytes = held.flatMap(({ attributes }) => attributes.map(({ length }) => length))
    // More than fifteen runs, of at least three bytes each, behind header and name.
    expect(Math.max(...attributeBytes)).toBeGreaterThan(64 + 'large'.length * 2 + 15 * 3)
  })
})
