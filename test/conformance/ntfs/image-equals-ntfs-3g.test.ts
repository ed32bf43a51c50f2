/**
 * The same image twice: scanned raw by `sidestream scan`, and mounted by ntfs-3g. Record for record, both
 * must show the same streams: paths of all links, name, size, content, kind and time.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  listThroughNtfs3g,
  makeNtfsImage,
  python,
  type ShownStream,
  temporaryFolder,
  withMounted,
} from '../../support/ntfs-3g-volume.ts'
import { records, sidestream } from '../../support/sidestream-cli.ts'

interface ScanRecord {
  path: string
  stream: string
  size: number
  kind: 'file' | 'directory'
  modified: string
  links: string[]
  sha256: string
}

/** A tree with everything that makes a lister stumble. Runs on the mount; all names are bytes. */
const WRITE_TREE = `
import os, sys
root = os.fsencode(sys.argv[1])
def put(path, data):
    with open(os.path.join(root, path), "wb") as file: file.write(data)
def folder(path): os.makedirs(os.path.join(root, path), exist_ok=True)
zone = b"[ZoneTransfer]\\r\\nZoneId=3\\r\\nHostUrl=https://example.org/a.exe\\r\\n"
folder(b"Users/bob/Downloads"); folder(b"deep/" + b"/".join(b"level%d" % n for n in range(60)))
for n in range(300):
    put(b"Users/bob/Downloads/file%03d.exe" % n, b"MZ" * n)
    if n % 3 == 0: put(b"Users/bob/Downloads/file%03d.exe:Zone.Identifier" % n, zone + b"; %d\\r\\n" % n)
put(b"many.txt", b"x")
for n in range(120): put(b"many.txt:stream number %d" % n, b"y" * (n * 37))
put(b"big.bin", b""); put(b"big.bin:hundred kilobytes", os.urandom(100_000)); put(b"big.bin:empty", b"")
put(b"linked.txt", b"l"); put(b"linked.txt:Zone.Identifier", zone)
for n in range(20): os.link(os.path.join(root, b"linked.txt"), os.path.join(root, b"deep/link%d.txt" % n))
put(b"Users:on a folder", b"folder stream"); put(b"Users/bob:second", b"2")
put("na\\u00efve \\U0001F468 \\u4f8b.txt".encode(), b"u"); put("na\\u00efve \\U0001F468 \\u4f8b.txt:\\U0001F4A9 \\u00e9".encode(), b"unicode")
put("lone.txt".encode(), b"s"); put("lone.txt:a\\ud800b".encode("utf-8", "surrogatepass"), b"surrogate")
put(b"case.txt", b"c"); put(b"case.txt:Upper", b"U"); put(b"case.txt:$DATA", b"a stream called $DATA")
put(b"control.txt", b"c"); put(b"control.txt:\\x05SummaryInformation", b"\\x05")
put(b"long.txt", b"l"); put(b"long.txt:" + b"n" * 255, b"longest name")
put(b"deleted.txt", b"d"); put(b"deleted.txt:Zone.Identifier", zone); os.unlink(os.path.join(root, b"deleted.txt"))
put(b"stripped.txt", b"d"); put(b"stripped.txt:Zone.Identifier", zone); os.unlink(os.path.join(root, b"stripped.txt:Zone.Identifier"))
put(b"sparse.txt", b"s")
with open(os.path.join(root, b"sparse.txt:holes"), "wb") as file:
    file.seek(3_000_000); file.write(b"end")
`

/** Only an attribute reaches a stream of the root: there is no name to put `:stream` behind. */
const WRITE_ROOT_STREAM = `
import os, sys
os.setxattr(sys.argv[1], "user.on the root", b"a stream of the root itself")
`

let folder: string
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function expectSameView(image: string, atLeast: number): void {
  const scan = sidestream('scan', image, '--format', 'ndjson', '--hash')
  expect(scan.stderr).toContain(' 0 unreadable')
  expect(scan.exitCode).toBe(0)
  const ours = records<ScanRecord>(scan).map(fromScan)
  const theirs = listThroughNtfs3g(image)
  expect(theirs.length).toBeGreaterThanOrEqual(atLeast)
  expect(sorted(ours)).toEqual(sorted(theirs))
}

function fromScan(record: ScanRecord): ShownStream {
  expect(record.links).toContain(record.path)
  const [seconds, fraction = '0'] = record.modified.replace('Z', '').split('.')
  const ns = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
  const { stream, size, sha256, kind } = record
  return { links: [...record.links].sort(), stream, size, sha256, kind, modifiedNs: String(ns) }
}

function sorted(rows: ShownStream[]): ShownStream[] {
  const key = (row: ShownStream) => JSON.stringify([row.links, row.stream])
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

describe('a scanned image equals what ntfs-3g shows of it', () => {
  it.each([
    { name: 'of 4 KiB clusters', megabytes: 64, options: [] },
    {
      name: 'of 512 byte clusters, where records straddle runs',
      megabytes: 32,
      options: ['-c', '512'],
    },
    { name: 'of 64 KiB clusters', megabytes: 128, options: ['-c', '65536'] },
    { name: 'of 2 MiB clusters', megabytes: 1024, options: ['-c', '2097152'] },
    { name: 'of 4 KiB sectors and records', megabytes: 64, options: ['-s', '4096'] },
  ])('on a volume $name', ({ megabytes, options }) => {
    const image = join(folder, 'volume.img')
    makeNtfsImage(image, megabytes, options)
    withMounted(image, 'streams_interface=windows', (mount) => python(WRITE_TREE, [mount]))
    withMounted(image, 'streams_interface=xattr', (mount) => python(WRITE_ROOT_STREAM, [mount]))
    expectSameView(image, 233)
    rmSync(image)
  })

  it('on the volume that the demo ships', () => {
    const image = join(folder, 'office-pc.img')
    writeFileSync(image, gunzipSync(readFileSync('test/fixtures/volumes/office-pc.img.gz')))
    expectSameView(image, 10)
  })

  it('on an empty volume, where both show nothing', () => {
    const image = join(folder, 'empty.img')
    makeNtfsImage(image, 16)
    expectSameView(image, 0)
  })
})
