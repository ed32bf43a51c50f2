/**
 * Where the records of $MFT lie in a volume's image, and what streams each holds: enough to damage one
 * and to know what that may cost. Decoded here on its own, for images that mkntfs made (NTFS 3.1).
 */
export interface MftRecord {
  readonly number: number
  /** Of its first byte in the image. */
  readonly offset: number
  readonly size: number
  /** Bytes that mean something; what lies behind them is slack. */
  readonly used: number
  /** The file it belongs to: its own number, or that of its base record. */
  readonly carrier: number
  /** Where its attributes begin, in the record. */
  readonly attributes: readonly { readonly at: number; readonly length: number }[]
  /** Names of the streams whose first piece it holds. */
  readonly streams: readonly string[]
}

const DATA = 0x80
const STRIDE = 512

/** All records in use, by number. Throws where $MFT goes on beyond record 0. */
export function recordsInUse(image: Buffer): Map<number, MftRecord> {
  const clusterSize = image.readUInt16LE(11) * image.readUInt8(13)
  const recordSize = recordSizeOf(image.readInt8(64), clusterSize)
  const first = Number(image.readBigUInt64LE(48)) * clusterSize
  const zero = decodeRecord(image, 0, first, recordSize)
  const records = new Map<number, MftRecord>()
  let number = 0
  for (const { start, clusters } of runsOf(image, zero)) {
    const end = (start + clusters) * clusterSize
    for (let at = start * clusterSize; at < end; at += recordSize, number++) {
      const isInUse = (image.readUInt16LE(at + 22) & 1) !== 0
      if (image.toString('latin1', at, at + 4) === 'FILE' && isInUse) {
        records.set(number, decodeRecord(image, number, at, recordSize))
      }
    }
  }
  return records
}

function recordSizeOf(stored: number, clusterSize: number): number {
  return stored < 0 ? 2 ** -stored : stored * clusterSize
}

/** The record's bytes with the update sequence undone. */
function fixedUp(image: Buffer, offset: number, size: number): Buffer {
  const bytes = Buffer.from(image.subarray(offset, offset + size))
  const array = bytes.readUInt16LE(4)
  for (let stride = 0; stride < size / STRIDE; stride++) {
    bytes.copy(bytes, (stride + 1) * STRIDE - 2, array + 2 * (stride + 1), array + 2 * (stride + 2))
  }
  return bytes
}

function decodeRecord(image: Buffer, number: number, offset: number, size: number): MftRecord {
  const bytes = fixedUp(image, offset, size)
  const used = bytes.readUInt32LE(24)
  const base = bytes.readUIntLE(32, 6)
  const attributes: { at: number; length: number }[] = []
  const streams: string[] = []
  for (let at = bytes.readUInt16LE(20); bytes.readUInt32LE(at) !== 0xffffffff; ) {
    const length = bytes.readUInt32LE(at + 4)
    attributes.push({ at, length })
    const nameUnits = bytes.readUInt8(at + 9)
    const isFirstPiece = bytes.readUInt8(at + 8) === 0 || bytes.readBigUInt64LE(at + 16) === 0n
    if (bytes.readUInt32LE(at) === DATA && nameUnits > 0 && isFirstPiece) {
      const name = at + bytes.readUInt16LE(at + 10)
      streams.push(bytes.toString('utf16le', name, name + 2 * nameUnits))
    }
    at += length
  }
  return { number, offset, size, used, carrier: base === 0 ? number : base, attributes, streams }
}

/** Of $MFT's own content, from its record 0. */
function runsOf(image: Buffer, zero: MftRecord): { start: number; clusters: number }[] {
  const bytes = fixedUp(image, zero.offset, zero.size)
  const data = zero.attributes.find(({ at }) => bytes.readUInt32LE(at) === DATA)!
  const runs: { start: number; clusters: number }[] = []
  let start = 0
  let at = data.at + bytes.readUInt16LE(data.at + 32)
  while (bytes.readUInt8(at) !== 0) {
    const lengthBytes = bytes.readUInt8(at) & 15
    const startBytes = bytes.readUInt8(at) >> 4
    const clusters = bytes.readUIntLE(at + 1, lengthBytes)
    start += bytes.readIntLE(at + 1 + lengthBytes, startBytes)
    runs.push({ start, clusters })
    at += 1 + lengthBytes + startBytes
  }
  const mapped = runs.reduce((sum, { clusters }) => sum + clusters, 0)
  if (BigInt(mapped) !== bytes.readBigUInt64LE(data.at + 24) + 1n || zeroHasList(bytes, zero)) {
    throw new Error('the run list of $MFT goes on in another record')
  }
  return runs
}

function zeroHasList(bytes: Buffer, zero: MftRecord): boolean {
  return zero.attributes.some(({ at }) => bytes.readUInt32LE(at) === 0x20)
}
