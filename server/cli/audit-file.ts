/** The records of an exported audit log, from a file of any size. */
import { closeSync, openSync, readSync } from 'node:fs'
import type { ChainedRecord } from '../shared/audit-chain.ts'
import { readAuditLine } from '../shared/audit-line.ts'
import { CliError } from './cli-error.ts'

const CHUNK_BYTES = 1_048_576
/** Far above what a record can be; a line without an end is no record. */
const MAX_LINE_BYTES = 16_777_216
const NEWLINE = 10

/** Null for a line that is no record. Without a newline at its end the last line is none: it was cut. */
export function* auditOfFile(file: string): Generator<ChainedRecord | null> {
  const descriptor = open(file)
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    let rest = Buffer.alloc(0)
    for (;;) {
      const bytes = readSync(descriptor, chunk)
      if (bytes === 0) break
      const text = Buffer.concat([rest, chunk.subarray(0, bytes)])
      let start = 0
      for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE, start)) {
        yield readAuditLine(text.toString('utf8', start, end))
        start = end + 1
      }
      rest = Buffer.from(text.subarray(start))
      if (rest.length > MAX_LINE_BYTES) break
    }
    if (rest.length > 0) yield null
  } finally {
    closeSync(descriptor)
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (cause) {
    throw new CliError('CANNOT_READ', `${file}: ${(cause as Error).message}`, { cause })
  }
}
