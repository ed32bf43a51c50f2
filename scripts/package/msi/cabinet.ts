/**
 * A cabinet of many files in one folder, MSZIP. wixl's own starts every block with nothing to refer to, which
 * costs a package 3 MB: here a block may refer to the one before it, as MSZIP allows and Windows' own makecab does.
 *
 * Layout and limits: [MS-CAB]; MSZIP and its window over blocks: [MS-MCI] 2.1.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { deflateRawSync } from 'node:zlib'

export interface CabinetFile {
  /** How the installer's database calls it: ASCII. */
  readonly name: string
  readonly path: string
}

const HEADER_BYTES = 36
const FOLDER_BYTES = 8
const FILE_BYTES = 16
const BLOCK_HEADER_BYTES = 8
/** Of content; only the last one is shorter. */
const BLOCK_BYTES = 32_768
const MSZIP = 1
const FILE_IS_ARCHIVE = 0x20
/** 1980-01-01, the first of DOS: the same files make the same cabinet. */
const DATE = 0x0021
const MOST_BLOCKS = 0xffff

export function writeCabinet(files: readonly CabinetFile[], output: string): void {
  const contents = files.map(({ path }) => readFileSync(path))
  const blocks = compressed(Buffer.concat(contents))
  if (blocks.length > MOST_BLOCKS || files.length > MOST_BLOCKS) {
    throw new Error(`a cabinet holds ${MOST_BLOCKS} files and blocks: ${output} would have more`)
  }
  const entries = fileEntries(files, contents)
  const dataAt = HEADER_BYTES + FOLDER_BYTES + entries.length
  const size = blocks.reduce((sum, block) => sum + block.length, dataAt)
  const head = Buffer.alloc(HEADER_BYTES + FOLDER_BYTES)
  head.write('MSCF', 0, 'latin1')
  head.writeUInt32LE(size, 8)
  head.writeUInt32LE(HEADER_BYTES + FOLDER_BYTES, 16)
  head.writeUInt8(3, 24) // version 1.3
  head.writeUInt8(1, 25)
  head.writeUInt16LE(1, 26) // folders
  head.writeUInt16LE(files.length, 28)
  head.writeUInt32LE(dataAt, HEADER_BYTES)
  head.writeUInt16LE(blocks.length, HEADER_BYTES + 4)
  head.writeUInt16LE(MSZIP, HEADER_BYTES + 6)
  const file = openSync(output, 'w')
  try {
    for (const part of [head, entries, ...blocks]) writeSync(file, part)
  } finally {
    closeSync(file)
  }
}

function fileEntries(files: readonly CabinetFile[], contents: readonly Buffer[]): Buffer {
  let startsAt = 0
  const entries = files.map(({ name }, at) => {
    const size = contents[at]!.length
    const entry = Buffer.alloc(FILE_BYTES + name.length + 1)
    entry.writeUInt32LE(size, 0)
    entry.writeUInt32LE(startsAt, 4)
    entry.writeUInt16LE(DATE, 10)
    entry.writeUInt16LE(FILE_IS_ARCHIVE, 14)
    entry.write(name, FILE_BYTES, 'latin1')
    startsAt += size
    return entry
  })
  return Buffer.concat(entries)
}

/** With their headers. */
function compressed(content: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  for (let at = 0; at < content.length; at += BLOCK_BYTES) {
    const plain = content.subarray(at, at + BLOCK_BYTES)
    const before = at === 0 ? {} : { dictionary: content.subarray(at - BLOCK_BYTES, at) }
    const deflated = deflateRawSync(plain, { level: 9, memLevel: 9, ...before })
    const block = Buffer.alloc(BLOCK_HEADER_BYTES + 2 + deflated.length)
    block.writeUInt16LE(2 + deflated.length, 4)
    block.writeUInt16LE(plain.length, 6)
    block.write('CK', BLOCK_HEADER_BYTES, 'latin1')
    deflated.copy(block, BLOCK_HEADER_BYTES + 2)
    block.writeUInt32LE(checksum(block.subarray(4)), 0)
    blocks.push(block)
  }
  return blocks
}

/**
 * [MS-CAB] 3.1: the data's words, then what is left of it with its last byte lowest, then the two sizes; all
 * combined by exclusive or. Takes a block from its sizes on.
 */
function checksum(sizesAndData: Buffer): number {
  const data = sizesAndData.subarray(4)
  const whole = data.length & ~3
  let sum = sizesAndData.readUInt32LE(0)
  for (let at = 0; at < whole; at += 4) sum ^= data.readUInt32LE(at)
  let rest = 0
  for (let at = whole; at < data.length; at++) rest = (rest << 8) | data[at]!
  return (sum ^ rest) >>> 0
}
