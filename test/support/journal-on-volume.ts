/**
 * Puts a change journal onto a volume that ntfs-3g wrote, with the records that Windows would have written for
 * the same changes. ntfs-3g lets nobody write below $Extend, so the journal is written beside it and moved there
 * by its record's parent.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { python, withMounted } from './ntfs-3g-volume.ts'
import { encodeRecords, encodeSettings, type JournalRecord } from './usn-journal.ts'

export interface VolumeJournal {
  readonly id?: bigint
  /** Where its records begin; a page. */
  readonly start?: bigint
  readonly lowestValidUsn?: bigint
}

export const JOURNAL_START = 1n << 20n
export const JOURNAL_ID = 0x1dc_0000_0000_0007n

/** What was dropped from the journal's start is a hole, as is what was never written. */
const WRITE_JOURNAL = `
import base64, json, os, sys
journal = json.load(sys.stdin)
path = os.path.join(os.fsencode(sys.argv[1]), b"$UsnJrnl")
open(path, "wb").close()
with open(path + b":$Max", "wb") as stream: stream.write(base64.b64decode(journal["settings"]))
with open(path + b":$J", "wb") as stream:
    stream.seek(journal["start"])
    stream.write(base64.b64decode(journal["records"]))
`

const EXTEND = (11n << 48n) | 11n

/** The volume has no journal yet. Answers each record's USN. */
export function writeJournal(
  image: string,
  records: readonly JournalRecord[],
  { id = JOURNAL_ID, start = JOURNAL_START, lowestValidUsn = 0n }: VolumeJournal = {},
): bigint[] {
  const { bytes, usns } = encodeRecords(start, records)
  withMounted(image, 'streams_interface=windows', (mount) =>
    python(WRITE_JOURNAL, [mount], {
      settings: encodeSettings(id, lowestValidUsn).toString('base64'),
      records: bytes.toString('base64'),
      start: Number(start),
    }),
  )
  moveJournal(image)
  return usns
}

function moveJournal(image: string): void {
  const volume = readFileSync(image)
  const name = Buffer.from('$UsnJrnl', 'utf16le')
  for (let at = volume.indexOf(name); at >= 0; at = volume.indexOf(name, at + 1)) {
    // $FILE_NAME: the parent's reference stands 66 bytes before the name.
    volume.writeBigUInt64LE(EXTEND, at - 66)
  }
  writeFileSync(image, volume)
}
