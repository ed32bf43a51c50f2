/** `scripts/compare-with-peers` on volumes where the peers are right, where they are not, and where we differ. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { differencesTo } from '../../../scripts/peers/differences.ts'
import {
  makeNtfsImage,
  python,
  temporaryFolder,
  withMounted,
} from '../../support/ntfs-3g-volume.ts'
import { diskWithLogicalPartition, mbrDisk } from '../../support/partitioned-disk.ts'

let folder: string
let image: string
let fixture: Buffer

beforeAll(() => {
  folder = temporaryFolder()
  image = join(folder, 'volume.img')
  fixture = gunzipSync(readFileSync('test/fixtures/volumes/office-pc.img.gz'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function compare(path = process.env.PATH) {
  const { status, stdout, stderr } = spawnSync('scripts/compare-with-peers', [image], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  })
  return { exitCode: status, stdout, stderr }
}

function writeVolume(megabytes: number, options: readonly string[], write: string): void {
  makeNtfsImage(image, megabytes, options)
  withMounted(image, 'streams_interface=windows', (mount) => python(write, [mount]))
}

describe('compare-with-peers', () => {
  it('explains what fls spells otherwise on the demo’s volume, and finds nothing else', () => {
    writeFileSync(image, fixture)
    const { exitCode, stdout } = compare()
    expect(stdout).toContain('ntfs-3g: 102 streams; sidestream: 102\n')
    expect(stdout).toContain('lone\\ud800surrogate: fls’s: fls prints ^ for characters')
    expect(stdout).toMatch(/4 differences, 0 of them not explained/)
    expect(exitCode).toBe(0)
  })

  it('compares each NTFS partition of a disk', () => {
    makeNtfsImage(image, 8, [])
    const empty = readFileSync(image)
    writeFileSync(image, diskWithLogicalPartition([empty, fixture], fixture).disk)
    const { exitCode, stdout } = compare()
    for (const [part, streams] of [
      [1, 0],
      [2, 102],
      [5, 102],
    ]) {
      expect(stdout).toContain(
        `partition ${part}: ntfs-3g: ${streams} streams; sidestream: ${streams}\n`,
      )
      expect(stdout).toMatch(
        new RegExp(`^partition ${part}: fls: (\\d+) streams; sidestream: \\1$`, 'm'),
      )
    }
    expect(stdout).toMatch(/8 differences, 0 of them not explained/)
    expect(exitCode).toBe(0)
  })

  it('compares the only NTFS partition of a disk, and does not pass where it is shown another one', () => {
    const changed = Buffer.from(fixture)
    changed.write('I', changed.indexOf(Buffer.from('invoice.pdf', 'utf16le')), 'utf16le')
    writeFileSync(image, mbrDisk([changed]))
    const { exitCode, stdout } = compare()
    expect(stdout).toContain('partition 1: ntfs-3g: 102 streams; sidestream: 102\n')
    expect(stdout).toContain('Documents/Invoice.pdf:update.exe: NOT EXPLAINED\n')
    expect(exitCode).toBe(1)
  })

  it('explains the streams that fls drops of a file with more than 256 extension records', () => {
    writeVolume(
      32,
      [],
      `
import os, sys
path = os.path.join(os.fsencode(sys.argv[1]), b"many.txt")
open(path, "wb").close()
for n in range(600): open(path + b":stream %03d" % n, "wb").write(b"x" * 600)
`,
    )
    const { exitCode, stdout } = compare()
    expect(stdout).toContain('ntfs-3g: 600 streams; sidestream: 600\n')
    expect(stdout).toMatch(/only sidestream lists many.txt:stream \d+: fls’s: fls drops extension/)
    expect(exitCode).toBe(0)
  })

  it('compares with the other where one peer does not read such a volume', () => {
    writeVolume(
      512,
      ['-c', '2097152'],
      `
import os, sys
path = os.path.join(os.fsencode(sys.argv[1]), b"marked.txt")
open(path, "wb").close(); open(path + b":mark", "wb").write(b"x")
`,
    )
    const { exitCode, stdout } = compare()
    expect(stdout).toMatch(/^fls shows nothing of this volume, and sidestream \d+ streams: /m)
    expect(stdout).toContain('ntfs-3g: 1 streams; sidestream: 1\n')
    expect(exitCode).toBe(0)
  })

  it('ends with 1 where sidestream shows another name than the folders do', () => {
    const changed = Buffer.from(fixture)
    // In the file's own record only; the folder's index keeps the old name.
    const name = changed.indexOf(Buffer.from('invoice.pdf', 'utf16le'))
    changed.write('I', name, 'utf16le')
    writeFileSync(image, changed)
    const { exitCode, stdout } = compare()
    expect(stdout).toContain('Documents/Invoice.pdf:update.exe: NOT EXPLAINED\n')
    expect(stdout).toContain('only ntfs-3g lists Users/anna/Documents/invoice.pdf:update.exe: NOT')
    expect(exitCode).toBe(1)
  })

  it('lets no peer take the blame for another content, nor for a stream that only it lists', () => {
    const listing = (stream: string, sha256: string | null) => ({
      streams: [{ path: 'a', stream, sha256 }],
      unreadable: [],
    })
    const differences = [
      ...differencesTo('ntfs-3g', listing('s', '11'), listing('s', '22')),
      ...differencesTo('ntfs-3g', listing('s', null), listing('s', '22')),
      ...differencesTo('fls', { streams: [], unreadable: [] }, listing('s', null)),
    ]
    expect(differences.map(({ what }) => what)).toEqual([
      'a:s: other content',
      'a:s: unreadable here',
      'only fls lists a:s',
    ])
    expect(differences.filter(({ peersFault }) => peersFault !== null)).toEqual([])
  })

  it('names a peer that is missing, with the line that installs it, and does not pass', () => {
    writeFileSync(image, fixture)
    const { exitCode, stderr } = compare(
      process.execPath.slice(0, process.execPath.lastIndexOf('/')),
    )
    expect(stderr).toContain('fls is missing: sudo apt-get install -y sleuthkit\n')
    expect(exitCode).toBe(1)
  })

  it('says in one line what no volume is, and does not pass', () => {
    writeFileSync(image, 'text')
    const { exitCode, stderr } = compare()
    expect(stderr).toMatch(/^compare-with-peers: sidestream scan: .*\[ADS_NOT_A_SOURCE\]\n$/)
    expect(exitCode).toBe(1)
  })

  it('says how it is used where no image is named', () => {
    const { status, stderr } = spawnSync('scripts/compare-with-peers', [], { encoding: 'utf8' })
    expect(stderr).toContain('usage: sudo scripts/compare-with-peers IMG')
    expect(status).toBe(2)
  })
})
