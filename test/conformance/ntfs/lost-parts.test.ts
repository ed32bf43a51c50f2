/**
 * A part of an image that cannot be read may hold any stream that was known before. The agent tells it by the path
 * that the disk code gives it, so this asks both: of what such a scan does not list, nothing may be called gone.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RootCoverage, wasLookedAt } from '../../../server/agent/inventory/coverage.ts'
import { toReport } from '../../../server/agent/inventory/report.ts'
import type { VolumeId } from '../../../server/protocol/ids.ts'
import { type MftRecord, recordsInUse } from '../../support/mft-records.ts'
import { scanAll } from '../../support/native.ts'
import { temporaryFolder } from '../../support/ntfs-3g-volume.ts'
import { diskWithLogicalPartition, mbrDisk } from '../../support/partitioned-disk.ts'

const VOLUME_ID = 'ntfs-0000000000000001' as VolumeId
const DATA = 0x80

let folder: string
let volume: Buffer
let records: Map<number, MftRecord>

beforeAll(() => {
  folder = temporaryFolder()
  volume = gunzipSync(readFileSync('test/fixtures/volumes/office-pc.img.gz'))
  records = recordsInUse(volume)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Without the record of one file with a stream. */
function withoutRecord(): Buffer {
  const lost = [...records.values()].find(
    ({ number, streams }) => number >= 24 && streams.length > 0,
  )!
  const bytes = Buffer.from(volume)
  bytes.write('GARB', lost.offset, 'latin1')
  return bytes
}

/** With a $MFT that says of itself to end before its last files. */
function withShortMft(): Buffer {
  const zero = records.get(0)!
  const bytes = Buffer.from(volume)
  const data = zero.attributes.find(({ at }) => bytes.readUInt32LE(zero.offset + at) === DATA)!
  const withStreams = [...records.values()].filter(({ streams }) => streams.length > 0)
  const end = withStreams.at(-1)!.number * zero.size
  for (const size of [48, 56]) bytes.writeBigUInt64LE(BigInt(end), zero.offset + data.at + size)
  return bytes
}

function withoutLogicalPartition(): Buffer {
  const { disk, linkAt } = diskWithLogicalPartition([volume, volume], volume)
  return disk.fill(0, linkAt, linkAt + 512)
}

const CASES: readonly [string, RegExp, () => Buffer, () => Buffer][] = [
  ['a record', /^\$MFT record \d+$/, () => volume, withoutRecord],
  ['the end of $MFT', /^\$MFT$/, () => volume, withShortMft],
  [
    'a record of one of two volumes',
    /^Partition2\\\$MFT record \d+$/,
    () => mbrDisk([volume, volume]),
    () => mbrDisk([volume, withoutRecord()]),
  ],
  [
    'the end of $MFT of one of two volumes',
    /^Partition2\\\$MFT$/,
    () => mbrDisk([volume, volume]),
    () => mbrDisk([volume, withShortMft()]),
  ],
  [
    'one of three volumes',
    /^Partition3$/,
    () => mbrDisk([volume, volume, volume]),
    () => mbrDisk([volume, volume, Buffer.alloc(volume.length)]),
  ],
  [
    'a table of partitions',
    /^Partition table$/,
    () => diskWithLogicalPartition([volume, volume], volume).disk,
    withoutLogicalPartition,
  ],
]

describe('an image that lost', () => {
  it.each(CASES)(
    '%s: nothing that it held is called gone',
    async (_what, spelling, whole, lost) => {
      const image = join(folder, 'disk.img')
      writeFileSync(image, whole())
      const before = await scanAll(image)
      expect(before.unreadable).toEqual([])
      writeFileSync(image, lost())
      const after = await scanAll(image)
      expect(after.unreadable.map(({ path }) => path)).toEqual([expect.stringMatching(spelling)])

      const coverage = new RootCoverage(image, VOLUME_ID, true)
      for (const { path, stream } of after.unreadable) coverage.addUnreadable(path, stream)
      coverage.complete()
      const seen = new Set(after.streams.map(({ identity, name }) => `${identity}:${name}`))
      const missing = before.streams.filter(
        ({ identity, name }) => !seen.has(`${identity}:${name}`),
      )
      expect(missing.length).toBeGreaterThan(0)
      const reports = missing.map(
        (stream) => toReport(VOLUME_ID, stream, { hashLimitBytes: Number.POSITIVE_INFINITY })!,
      )
      expect(reports.filter((report) => wasLookedAt(report, image, [coverage]))).toEqual([])
    },
  )
})
