/**
 * A real volume of more than 2,000 files, of which one $MFT record in a hundred is damaged. Every stream
 * of every other record must be listed as before, and the scan must say what it could not read.
 * SIDESTREAM_SEED=1,2,3 tries others than the usual seeds.
 *
 * What counts as damage is what can be known to be damage. A record that was torn, lost its signature or
 * has an attribute of impossible length contradicts itself: each such record must be named as unreadable.
 * A single flipped bit need not: NTFS has no checksums, so a bit in slack space changes nothing, and one
 * in a name makes another name. Of a record with a flipped bit nothing is demanded here but that it costs
 * no other record anything.
 */
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScannedStream } from '../../../native/scan.ts'
import { type MftRecord, recordsInUse } from '../../support/mft-records.ts'
import { type ScanReport, scanAll } from '../../support/native.ts'
import {
  makeNtfsImage,
  python,
  temporaryFolder,
  withMounted,
} from '../../support/ntfs-3g-volume.ts'
import { type Random, randomFrom } from '../../support/random.ts'
import { records as linesOf, sidestream } from '../../support/sidestream-cli.ts'

/** Every folder has a stream, so that an undamaged scan tells which record each folder is. */
const WRITE_FILES = `
import os, sys
root = os.fsencode(sys.argv[1])
zone = b"[ZoneTransfer]\\r\\nZoneId=3\\r\\nHostUrl=https://example.org/"
def put(path, data):
    with open(path, "wb") as file: file.write(data)
for group in range(30):
    parts = [b"group%d" % (group // 10), b"folder%02d" % group, b"sub%02d" % group]
    for depth in range(3):
        folder = os.path.join(root, *parts[:depth + 1])
        if not os.path.isdir(folder):
            os.mkdir(folder); put(folder + b"/:of the folder", b"note " + parts[depth])
    for n in range(70):
        path = os.path.join(folder, b"file %02d of %02d.exe" % (n, group))
        put(path, b"MZ" * n); put(path + b":Zone.Identifier", zone + b"%d/%d\\r\\n" % (group, n))
        if n % 10 == 0: put(path + b":large", b"z" * (5000 + n))
        if n % 35 == 1:
            for extra in range(24): put(path + b":property %02d" % extra, b"value" * extra)
        if n % 35 == 2: os.link(path, os.path.join(root, b"group0", b"link %d %d.exe" % (group, n)))
`

const SEEDS =
  process.env.SIDESTREAM_SEED === undefined
    ? [1, 20_261_122, 0xbad5eed, 0x5ca1ab1e, 4_711, 65_537]
    : process.env.SIDESTREAM_SEED.split(',').map(Number)
const DAMAGED_SHARE = 0.01

type Damage = 'torn' | 'bad length' | 'no signature' | 'flipped bit'
const KINDS: readonly Damage[] = ['torn', 'bad length', 'no signature', 'flipped bit']

let folder: string
let whole: Buffer
let records: Map<number, MftRecord>
let before: readonly ScannedStream[]

beforeAll(async () => {
  folder = temporaryFolder()
  const image = join(folder, 'whole.img')
  makeNtfsImage(image, 64)
  withMounted(image, 'streams_interface=windows', (mount) => python(WRITE_FILES, [mount]))
  whole = readFileSync(image)
  records = recordsInUse(whole)
  const report = await scanAll(image, { hash: true })
  expect(report.unreadable).toEqual([])
  before = report.streams
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const numberOf = ({ identity }: ScannedStream) =>
  Number(BigInt(identity.slice('ntfs:'.length)) & 0xffff_ffff_ffffn)
const nameOf = (path: string) => path.slice(path.lastIndexOf('\\') + 1)

function damage(image: Buffer, record: MftRecord, kind: Damage, random: Random): void {
  const { offset, size, used, attributes } = record
  if (kind === 'torn') {
    // The check value at the end of a stride that holds something.
    const stride = random.below(Math.ceil(used / 512))
    image[offset + stride * 512 + 510]! ^= 0x40
  } else if (kind === 'bad length') {
    const length = random.pick([0, 7, 0x21, 0xffff_fff8, size])
    image.writeUInt32LE(length, offset + random.pick(attributes).at + 4)
  } else if (kind === 'no signature') {
    image.write(random.pick(['BAAD', 'GARB', '\0\0\0\0']), offset, 'latin1')
  } else {
    image[offset + random.below(size)]! ^= 1 << random.below(8)
  }
}

function damagedCopy(seed: number): { image: string; damaged: Map<number, Damage> } {
  const random = randomFrom(seed)
  const bytes = Buffer.from(whole)
  const damaged = new Map<number, Damage>()
  const numbers = [...records.keys()]
  while (damaged.size < numbers.length * DAMAGED_SHARE) {
    const number = random.pick(numbers)
    if (damaged.has(number)) continue
    const kind = KINDS[damaged.size % KINDS.length]!
    damage(bytes, records.get(number)!, kind, random)
    damaged.set(number, kind)
  }
  const image = join(folder, `damaged-${seed}.img`)
  writeFileSync(image, bytes)
  return { image, damaged }
}

const asRow = ({ identity, name, size, sha256 }: ScannedStream) =>
  JSON.stringify([identity, name, String(size), sha256])

describe.each(SEEDS)('a volume with one record in a hundred damaged (seed %i)', (seed) => {
  let image: string
  let damaged: Map<number, Damage>
  let report: ScanReport

  beforeAll(async () => {
    const made = damagedCopy(seed)
    image = made.image
    damaged = made.damaged
    report = await scanAll(image, { hash: true })
  })
  afterAll(() => rmSync(image))

  /** Files of which a record is lost or changed, the names that it may have held with it. */
  const harmedCarriers = () =>
    new Set([...damaged.keys()].map((number) => records.get(number)!.carrier))

  /** Of the folders above, the damaged one next to the carrier. */
  function lostAncestor(path: string): string | undefined {
    const parents = path.split('\\').map((_, depth, all) => all.slice(0, depth).join('\\'))
    return parents.findLast((parent) => {
      const found = before.find(
        ({ links, name }) => name === 'of the folder' && links[0] === parent,
      )
      return found !== undefined && damaged.has(numberOf(found))
    })
  }

  it('was made of enough records, and lost some of each kind', () => {
    expect(records.size).toBeGreaterThan(2_100)
    expect(new Set(damaged.values())).toEqual(new Set(KINDS))
  })

  it('still shows every stream of every record that is whole, under its file’s identity', () => {
    const found = new Set(report.streams.map(asRow))
    const holders = new Map<string, number>()
    for (const { number, carrier, streams } of records.values()) {
      for (const name of streams) holders.set(`${carrier} ${name}`, number)
    }
    const owed = before.filter((stream) => {
      const carrier = numberOf(stream)
      const holder = holders.get(`${carrier} ${stream.name}`)!
      // A flipped bit in a base record may make its file another: then its streams are another's.
      return !damaged.has(holder) && damaged.get(carrier) !== 'flipped bit'
    })
    expect(owed.length).toBeGreaterThan(before.length * 0.95)
    expect(owed.map(asRow).filter((row) => !found.has(row))).toEqual([])
    // Whether a file or a folder is lost with the base record.
    const kinds = new Map(report.streams.map((stream) => [asRow(stream), stream.kind]))
    const turned = owed.filter(
      (stream) => !damaged.has(numberOf(stream)) && kinds.get(asRow(stream)) !== stream.kind,
    )
    expect(turned).toEqual([])
  })

  it('gives every whole file its path, or puts it below $Orphan where a folder above is lost', () => {
    const shown = new Map(report.streams.map((stream) => [asRow(stream), stream]))
    const harmed = harmedCarriers()
    const wrong = before.flatMap((stream) => {
      const now = shown.get(asRow(stream))
      if (now === undefined || harmed.has(numberOf(stream))) return []
      return stream.links.filter((link) => {
        const lost = lostAncestor(link)
        if (now.links.includes(link)) return false
        if (lost === undefined) return true
        const below = link.slice(lost.length + 1)
        return !now.links.some(
          (path) => path === `$Orphan\\${below}` || nameOf(path) === nameOf(below),
        )
      })
    })
    expect(wrong).toEqual([])
  })

  it('names every record that contradicts itself as unreadable, and no undamaged one', () => {
    const named = report.unreadable.flatMap(
      ({ path }) => /^\$MFT record (\d+)$/.exec(path)?.[1] ?? [],
    )
    const certain = [...damaged]
      .filter(([, kind]) => kind !== 'flipped bit')
      .map(([n]) => String(n))
    expect(certain.filter((number) => !named.includes(number))).toEqual([])
    const harmed = harmedCarriers()
    expect(named.filter((number) => !harmed.has(records.get(Number(number))!.carrier))).toEqual([])
  })

  it('ends the scan with exit code 3, the count on standard error and the records in --errors', () => {
    const errors = join(folder, 'errors.ndjson')
    const result = sidestream('scan', image, '--format', 'ndjson', '--hash', '--errors', errors)
    expect(result.exitCode).toBe(3)
    expect(result.stderr).toContain(` ${report.unreadable.length} unreadable in `)
    const said = readFileSync(errors, 'utf8').trim().split('\n')
    expect(said).toHaveLength(report.unreadable.length)
    const digest = (rows: readonly { path: string; stream: string }[]) =>
      createHash('sha256').update(JSON.stringify(rows)).digest('hex')
    const listed = linesOf<{ path: string; stream: string }>(result)
    expect(digest(listed.map(({ path, stream }) => ({ path, stream })))).toBe(
      digest(report.streams.map(({ path, name }) => ({ path, stream: name }))),
    )
  })
})
