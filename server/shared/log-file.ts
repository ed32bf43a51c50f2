/** Log files that bound themselves, for a process that nobody's journal listens to. */
import type { Writable } from 'node:stream'
import { createStream } from 'rotating-file-stream'

/** 60 MB in all. */
const FILE_SIZE = '10M'
const KEPT_FILES = 5

/** `NAME`, and `NAME.1` to `NAME.5`, of which the last is the oldest. */
export function openLogFile(folder: string, name: string): Writable {
  return createStream(name, { path: folder, size: FILE_SIZE, rotate: KEPT_FILES })
}
