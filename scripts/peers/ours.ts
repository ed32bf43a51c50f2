/** What `sidestream scan` lists, one row for each path of a carrier. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../lib/run.ts'
import type { Listing } from './listed-stream.ts'

interface ScanRecord {
  links: string[]
  stream: string
  sha256: string | null
}

/** `internal`: also the streams of NTFS itself, which a mount hides and fls shows. */
export function listByScan(image: string, internal: boolean): Listing {
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-peers-'))
  const errors = join(folder, 'errors.ndjson')
  try {
    const args = ['scan', image, '--format', 'ndjson', '--hash', '--errors', errors]
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'server/cli/main.ts'), ...args, ...(internal ? ['--all'] : [])],
      { encoding: 'utf8', maxBuffer: 1 << 30 },
    )
    if (status !== 0 && status !== 3) return { refused: stderr.trim() }
    const streams = linesOf<ScanRecord>(stdout).flatMap(({ links, stream, sha256 }) =>
      links.map((link) => ({ path: link.replaceAll('\\', '/'), stream, sha256 })),
    )
    const unreadable = linesOf<{ path: string; stream: string | null; message: string }>(
      readFileSync(errors, 'utf8'),
    ).map(({ path, stream, message }) => ({
      path: `${path.replaceAll('\\', '/')}${stream === null ? '' : `:${stream}`}`,
      reason: message,
    }))
    return { streams, unreadable }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const linesOf = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
