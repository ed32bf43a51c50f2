/** The change journal that Windows programs see of a volume of the bench, as `bench/shim/journal.c` reads it. */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { recordsInUse } from '../../support/mft-records.ts'
import { encodeRecords, type JournalRecord, REASON } from '../../support/usn-journal.ts'
import type { WindowsVolume } from './windows.ts'

const JOURNAL_START = 1n << 20n
const MAXIMUM_BYTES = 32n << 20n

export interface BenchJournalState {
  /** NTSTATUS of every answer; 0: there is a journal. */
  readonly status?: number
  readonly id?: bigint
  /** The oldest record that can be read; default: the first. */
  readonly firstUsn?: bigint
}

/** STATUS_JOURNAL_NOT_ACTIVE. */
export const NOT_ACTIVE = 0xc000_02b8

export class BenchJournal {
  readonly #volume: WindowsVolume
  readonly #records: JournalRecord[] = []
  #state: BenchJournalState = {}

  constructor(volume: WindowsVolume) {
    this.#volume = volume
    this.publish()
  }

  /** The USN that the next record gets. */
  get nextUsn(): bigint {
    return JOURNAL_START + BigInt(this.#encoded().length)
  }

  /** Of a file that is there, by its path on the volume: what Windows would have written. */
  tell(path: string, reason: number = REASON.streamChange | REASON.close): void {
    const { folder } = this.#volume
    const isFolder = statSync(join(folder, path)).isDirectory()
    this.#records.push({
      file: this.#referenceOf(path),
      parent: this.#referenceOf(dirname(path)),
      reason,
      name: basename(path),
      attributes: isFolder ? 0x10 : 0x20,
    })
    this.publish()
  }

  /** In this state from now on, at once as no reader could see it half written. */
  publish(state: BenchJournalState = this.#state): void {
    this.#state = state
    const { status = 0, id = 7n, firstUsn = JOURNAL_START } = state
    const header = Buffer.alloc(72)
    header.writeUInt32LE(status)
    const data = [id, firstUsn, this.nextUsn, 0n, 1n << 62n, MAXIMUM_BYTES, MAXIMUM_BYTES >> 2n]
    for (const [at, value] of [...data, JOURNAL_START].entries()) {
      header.writeBigInt64LE(value, 8 + at * 8)
    }
    const file = `${this.#volume.image}.journal`
    writeFileSync(`${file}.new`, Buffer.concat([header, this.#encoded()]))
    renameSync(`${file}.new`, file)
  }

  #encoded(): Buffer {
    return encodeRecords(JOURNAL_START, this.#records).bytes
  }

  /** Record number and sequence, as ntfs-3g wrote them. */
  #referenceOf(path: string): bigint {
    const { ino } = statSync(join(this.#volume.folder, path))
    const image = readFileSync(this.#volume.image)
    const record = recordsInUse(image).get(ino)
    if (record === undefined) throw new Error(`${path} is not on the image yet`)
    return (BigInt(image.readUInt16LE(record.offset + 16)) << 48n) | BigInt(ino)
  }
}
