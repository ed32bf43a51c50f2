/** Builds the streams of a change journal, byte for byte as winioctl.h describes them. */
export interface JournalRecord {
  readonly version?: 2 | 3 | 4 | 9
  /** File reference: record number and sequence. */
  readonly file: bigint
  readonly parent?: bigint
  readonly reason: number
  readonly name?: string
  readonly attributes?: number
}

export const REASON = {
  dataExtend: 0x2,
  namedDataExtend: 0x20,
  fileCreate: 0x100,
  fileDelete: 0x200,
  renameNewName: 0x2000,
  streamChange: 0x20_0000,
  close: 0x8000_0000,
} as const

const PAGE = 4096
const padded = (size: number) => Math.ceil(size / 8) * 8

function encode(record: JournalRecord, usn: bigint): Buffer {
  const { version = 2, file, parent = 5n, reason, name = '', attributes = 0x20 } = record
  const idBytes = version === 2 ? 8 : 16
  const usnAt = 8 + 2 * idBytes
  const hasName = version === 2 || version === 3
  const header = hasName ? usnAt + 36 : version === 4 ? 72 : usnAt + 16
  const bytes = Buffer.alloc(padded(header + (hasName ? 2 * name.length : 0)))
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt16LE(version, 4)
  bytes.writeBigUInt64LE(file, 8)
  bytes.writeBigUInt64LE(parent, 8 + idBytes)
  bytes.writeBigUInt64LE(usn, usnAt)
  const reasonAt = hasName ? usnAt + 16 : usnAt + 8
  bytes.writeUInt32LE(reason >>> 0, reasonAt)
  if (hasName) {
    bytes.writeUInt32LE(attributes, reasonAt + 12)
    bytes.writeUInt16LE(2 * name.length, reasonAt + 16)
    bytes.writeUInt16LE(header, reasonAt + 18)
    bytes.write(name, header, 'utf16le')
  }
  return bytes
}

/** Records from `start` (a page) on, none across a page. Also the USN of each. */
export function encodeRecords(start: bigint, records: readonly JournalRecord[]) {
  const pages: Buffer[] = []
  const usns: bigint[] = []
  let at = 0
  for (const record of records) {
    const size = encode(record, 0n).length
    const rest = PAGE - (at % PAGE)
    if (size > rest) {
      pages.push(Buffer.alloc(rest))
      at += rest
    }
    const usn = start + BigInt(at)
    usns.push(usn)
    pages.push(encode(record, usn))
    at += size
  }
  return { bytes: Buffer.concat(pages), usns }
}

/** `$UsnJrnl:$Max`. */
export function encodeSettings(journalId: bigint, lowestValidUsn: bigint): Buffer {
  const bytes = Buffer.alloc(32)
  bytes.writeBigUInt64LE(32n << 20n, 0)
  bytes.writeBigUInt64LE(8n << 20n, 8)
  bytes.writeBigUInt64LE(journalId, 16)
  bytes.writeBigUInt64LE(lowestValidUsn, 24)
  return bytes
}
