/** `scan --deleted` on real volumes: what ntfs-3g deleted is still there to see, as far as nothing took its place. */
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addon, failureOf, scanAll } from '../../support/native.ts'
import {
  makeNtfsImage,
  python,
  temporaryFolder,
  withMounted,
} from '../../support/ntfs-3g-volume.ts'
import { records, sidestream } from '../../support/sidestream-cli.ts'

interface Listed {
  path: string
  stream: string
  sha256: string | null
  content: string
  deleted?: boolean
}

const LARGE = Buffer.alloc(50_000, 'large ')
const WRITE = `
import os, sys
root = os.fsencode(sys.argv[1])
def put(path, data):
    with open(os.path.join(root, path), "wb") as file: file.write(data)
for folder in (b"kept", b"gone", b"gone/below", b"reused"): os.mkdir(os.path.join(root, folder))
put(b"kept/stays.txt", b"s"); put(b"kept/stays.txt:mark", b"of a file that stays")
put(b"kept/a.exe", b"a"); put(b"kept/a.exe:Zone.Identifier", b"[ZoneTransfer]\\r\\nZoneId=3\\r\\n")
put(b"kept/a.exe:large", b"large " * 8333 + b"la")
put(b"gone/below/b.txt", b"b"); put(b"gone/below/b.txt:mark", b"b was here")
put(b"reused/c.txt", b"c"); put(b"reused/c.txt:mark", b"c was here")
put(b"kept/many.txt", b"m")
for n in range(60): put(b"kept/many.txt:stream %02d" % n, b"value %d" % n)
`
const DELETE = `
import os, shutil, sys
root = os.fsencode(sys.argv[1])
shutil.rmtree(os.path.join(root, b"reused")); os.mkdir(os.path.join(root, b"in its place"))
shutil.rmtree(os.path.join(root, b"gone"))
for name in (b"a.exe", b"many.txt"): os.unlink(os.path.join(root, b"kept", name))
`
/** Takes every cluster there is. */
const FILL = `
import os, sys
with open(os.path.join(os.fsencode(sys.argv[1]), b"filler"), "wb", buffering=0) as file:
    try:
        while file.write(b"\\xff" * 65536): pass
    except OSError: pass
`

let folder: string
let image: string
beforeAll(() => {
  folder = temporaryFolder()
  image = join(folder, 'volume.img')
  makeNtfsImage(image, 16)
  withMounted(image, 'streams_interface=windows', (mount) => python(WRITE, [mount]))
  withMounted(image, 'streams_interface=windows', (mount) => python(DELETE, [mount]))
})
afterAll(() => rmSync(folder, { recursive: true }))

const scan = (...flags: string[]) =>
  sidestream('scan', image, '--format', 'ndjson', '--hash', '--content', ...flags)
const find = (rows: readonly Listed[], path: string, stream: string) =>
  rows.find((row) => row.path === path && row.stream === stream)
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('deleted files', () => {
  it('are listed only where asked for, and marked; what is there is not marked', () => {
    const there = records<Listed>(scan())
    expect(there.map(({ path, stream }) => `${path}:${stream}`)).toEqual(['kept\\stays.txt:mark'])
    expect(there[0]).not.toHaveProperty('deleted')
    const all = records<Listed>(scan('--deleted'))
    expect(all.filter(({ deleted }) => deleted !== true)).toEqual(there)
    expect(all.length).toBe(1 + 2 + 1 + 1 + 60)
  })

  it('show resident contents, and those in clusters that are still free', () => {
    const result = scan('--deleted')
    expect(result.exitCode).toBe(0)
    const rows = records<Listed>(result)
    const mark = find(rows, 'kept\\a.exe', 'Zone.Identifier')
    expect(Buffer.from(mark!.content, 'base64').toString()).toBe('[ZoneTransfer]\r\nZoneId=3\r\n')
    expect(find(rows, 'kept\\a.exe', 'large')?.sha256).toBe(sha256(LARGE))
  })

  it('keep their path below a deleted folder, and none below a folder that took its place', () => {
    const rows = records<Listed>(scan('--deleted'))
    expect(find(rows, 'gone\\below\\b.txt', 'mark')?.deleted).toBe(true)
    expect(find(rows, '$Orphan\\c.txt', 'mark')?.deleted).toBe(true)
  })

  it('show the streams of all their records', () => {
    const names = records<Listed>(scan('--deleted')).map(({ stream }) => stream)
    expect(names.filter((name) => name.startsWith('stream '))).toHaveLength(60)
  })

  it('are marked in a table, and in a CSV column of their own', () => {
    const table = sidestream('scan', image, '--deleted').stdout
    expect(table).toMatch(/Zone\.Identifier +deleted: kept\\a\.exe\n/)
    const csv = sidestream('scan', image, '--deleted', '--format', 'csv').stdout
    expect(csv).toMatch(/^path,.*,links,deleted\r\n/)
    expect(csv).toMatch(/^kept\\a\.exe,Zone\.Identifier,.*,true\r$/m)
    expect(sidestream('scan', image, '--format', 'csv').stdout).toMatch(/,links\r\n/)
  })

  it('open as no carrier by their identity, so nothing can be done to them', async () => {
    const { streams } = await scanAll(image, { includeDeleted: true })
    const identities = new Set(streams.filter((s) => s.isDeleted).map(({ identity }) => identity))
    expect(identities.size).toBe(4)
    for (const identity of identities) {
      const failure = await failureOf(addon.openCarrier(image, 'kept\\a.exe', identity))
      expect(failure.code).toBe('ADS_NOT_FOUND')
    }
  })

  it('cannot be looked for in a folder, which is said', () => {
    const { exitCode, stderr } = sidestream('scan', folder, '--deleted')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('deleted files can be seen only where a whole volume or image is read')
  })

  it('have no content any more where their clusters are in use again, and say so', () => {
    withMounted(image, 'streams_interface=windows', (mount) => python(FILL, [mount]))
    const result = scan('--deleted')
    expect(result.exitCode).toBe(3)
    expect(result.stderr).toMatch(/kept\\a\.exe:large: content unavailable: .* in use again/)
    const rows = records<Listed>(result)
    expect(find(rows, 'kept\\a.exe', 'large')).toMatchObject({ sha256: null, content: null })
    expect(find(rows, 'kept\\a.exe', 'Zone.Identifier')?.sha256).not.toBeNull()
  })
})
