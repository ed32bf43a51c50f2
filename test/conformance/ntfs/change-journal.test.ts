/**
 * The change journal of an image: recorded journals on real volumes, with a sparse start, as Windows leaves
 * them.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  JOURNAL_ID,
  JOURNAL_START,
  type VolumeJournal,
  writeJournal,
} from '../../support/journal-on-volume.ts'
import { addon, failureOf } from '../../support/native.ts'
import { makeNtfsImage, temporaryFolder } from '../../support/ntfs-3g-volume.ts'
import { type JournalRecord, REASON } from '../../support/usn-journal.ts'

const START = JOURNAL_START
const ID = JOURNAL_ID
const FILE = (3n << 48n) | 64n
const FOLDER = (1n << 48n) | 70n

let folder: string
let image: string
let empty: Buffer
beforeAll(() => {
  folder = temporaryFolder()
  image = join(folder, 'volume.img')
  makeNtfsImage(image, 16)
  empty = readFileSync(image)
})
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => writeFileSync(image, empty))

/** Replaces the volume by a fresh one with this journal; its serial number stays. */
function record(records: readonly JournalRecord[], journal: VolumeJournal = {}): bigint[] {
  writeFileSync(image, empty)
  return writeJournal(image, records, journal)
}

const changed = (name: string, reason: number = REASON.streamChange): JournalRecord => ({
  file: FILE,
  reason,
  name,
})

describe('the change journal of an image', () => {
  it('asks for a scan first, and for none where nothing changed since', async () => {
    record([changed('old.exe')])
    const first = await addon.readChanges(image, null)
    expect(first).toMatchObject({ mustScan: 'no-checkpoint', files: [] })
    expect(first.checkpoint).toMatch(/^usn1:ntfs-[0-9a-f]{16}:1dc000000000007:[0-9a-f]+$/)
    const second = await addon.readChanges(image, first.checkpoint)
    expect(second).toEqual({ mustScan: null, checkpoint: first.checkpoint, files: [] })
  })

  it('tells what changed, once for each file, from records of all versions over several pages', async () => {
    const before = [changed('before.exe')]
    record(before)
    const { checkpoint } = await addon.readChanges(image, null)
    const many = Array.from({ length: 200 }, (_, n) => ({
      ...changed(`file ${n}.exe`, REASON.fileCreate),
      file: (1n << 48n) | BigInt(1_000 + n),
    }))
    record([
      ...before,
      changed('setup.exe', REASON.fileCreate),
      { ...changed('setup.exe', REASON.streamChange | REASON.close), version: 3 },
      { file: FOLDER, version: 4, reason: REASON.namedDataExtend },
      {
        file: FOLDER,
        version: 3,
        reason: REASON.namedDataExtend | REASON.close,
        name: 'folder',
        attributes: 0x10,
      },
      { ...changed('only its own content.txt', REASON.dataExtend), file: 99n },
      ...many,
    ])
    const changes = await addon.readChanges(image, checkpoint)
    expect(changes.mustScan).toBeNull()
    expect(changes.files).toHaveLength(2 + many.length)
    expect(changes.files.find(({ name }) => name === 'setup.exe')).toEqual({
      identity: `ntfs:${FILE}`,
      parentIdentity: 'ntfs:5',
      name: 'setup.exe',
      isDirectory: false,
      reasons: REASON.fileCreate + REASON.streamChange + REASON.close,
    })
    expect(changes.files.find(({ name }) => name === 'folder')).toMatchObject({
      identity: `ntfs:${FOLDER}`,
      isDirectory: true,
    })
    expect((await addon.readChanges(image, changes.checkpoint)).files).toEqual([])
  })

  it('asks for a scan after the journal was wrapped, made anew, interrupted or taken back', async () => {
    const few = [changed('a.exe')]
    const reasonAfter = async (records: readonly JournalRecord[], journal: VolumeJournal) => {
      record(few, { start: START })
      const { checkpoint } = await addon.readChanges(image, null)
      record(records, journal)
      const { mustScan, files, checkpoint: next } = await addon.readChanges(image, checkpoint)
      expect(files).toEqual([])
      // The answer's own checkpoint is good from then on.
      expect((await addon.readChanges(image, next)).mustScan).toBeNull()
      return mustScan
    }
    expect(await reasonAfter(few, { start: 2n * START })).toBe('journal-wrapped')
    expect(await reasonAfter(few, { id: ID + 1n })).toBe('journal-recreated')
    const more = [...few, changed('b.exe'), changed('c.exe')]
    expect(await reasonAfter(more, { lowestValidUsn: START + 100n })).toBe('journal-interrupted')
    expect(await reasonAfter(few, { start: 4096n })).toBe('journal-rewound')
  })

  it('asks for a scan where records are of an unknown version, or contradict themselves', async () => {
    record([changed('a.exe')])
    const { checkpoint } = await addon.readChanges(image, null)
    record([changed('a.exe'), { ...changed('b'), version: 9 }, changed('c.exe')])
    expect((await addon.readChanges(image, checkpoint)).mustScan).toBe('unknown-records')

    const usns = record([changed('a.exe'), changed('b.exe')])
    const volume = readFileSync(image)
    const usn = Buffer.alloc(8)
    usn.writeBigUInt64LE(usns[1]!)
    // Its length, 24 bytes before its USN.
    volume.writeUInt32LE(12, volume.lastIndexOf(usn) - 24)
    writeFileSync(image, volume)
    expect((await addon.readChanges(image, checkpoint)).mustScan).toBe('unreadable-records')
  })

  it('asks for a scan of another volume, after a checkpoint that was cut, and without a journal', async () => {
    record([changed('a.exe')])
    const { checkpoint } = await addon.readChanges(image, null)
    const other = checkpoint!.replace(/ntfs-./, 'ntfs-x')
    expect((await addon.readChanges(image, other)).mustScan).toBe('other-volume')
    for (const cut of [
      checkpoint!.slice(0, -1).replace(/:[0-9a-f]*$/, ':'),
      'usn1:',
      'usn2:x:1:1',
      'x',
    ]) {
      expect((await addon.readChanges(image, cut)).mustScan).toBe('no-checkpoint')
    }
    writeFileSync(image, empty)
    expect(await addon.readChanges(image, checkpoint)).toEqual({
      mustScan: 'journal-not-active',
      checkpoint: null,
      files: [],
    })
  })

  it('is a volume’s, not a folder’s', async () => {
    expect((await failureOf(addon.readChanges(folder, null))).code).toBe('ADS_UNSUPPORTED')
    expect((await failureOf(addon.readChanges(join(folder, 'none'), null))).code).toBe(
      'ADS_NOT_FOUND',
    )
  })
})
