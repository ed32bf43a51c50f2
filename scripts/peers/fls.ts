/** What fls of The Sleuth Kit shows of an image. Its listing has names only. */
import { spawnSync } from 'node:child_process'
import type { Listing } from './listed-stream.ts'
import type { Part } from './partitions.ts'

/** `r/r 91-128-5:\tfolder/file:stream`. The second number is the attribute's type: 128 is $DATA. */
const LINE = /^\S+ (?:\d+)-128-\d+(?:\(realloc\))?:\t(.*)$/

/** `part`: of a disk. */
export function listByFls(image: string, part: Part | null): Listing {
  const where =
    part === null ? [] : ['-b', String(part.sectorBytes), '-o', String(part.firstSector)]
  // -u: without deleted files.
  const { status, stdout, stderr } = spawnSync('fls', ['-r', '-p', '-u', ...where, image], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  if (status !== 0) return { refused: stderr.trim() }
  const found = new Map<string, { path: string; stream: string; sha256: null }>()
  for (const line of stdout.split('\n')) {
    const shown = LINE.exec(line)?.[1]
    const colon = shown?.lastIndexOf(':') ?? -1
    if (shown === undefined || colon < 0) continue
    // A folder's streams come twice: under its name, and under `.` within it.
    const path = shown.slice(0, colon).replace(/\/\.$/, '')
    found.set(`${path}:${shown.slice(colon + 1)}`, {
      path,
      stream: shown.slice(colon + 1),
      sha256: null,
    })
  }
  return { streams: [...found.values()], unreadable: [] }
}
