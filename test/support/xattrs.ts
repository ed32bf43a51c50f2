/**
 * Extended attributes through Python's `os` module: an oracle that shares no code with our addon.
 * Paths and names may be bytes. One Python process per call, so set many at once with {@link setXattrs}.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Bytes = string | Uint8Array
export interface XattrToSet {
  readonly path: Bytes
  readonly name: Bytes
  readonly value: Bytes
}

const hex = (bytes: Bytes) => Buffer.from(bytes as string).toString('hex')

function python(script: string, input: unknown): string {
  const { status, stdout, stderr, error } = spawnSync(
    'python3',
    ['-c', `import json, os, sys\nx = bytes.fromhex\na = json.load(sys.stdin)\n${script}`],
    { input: JSON.stringify(input), encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  if (status !== 0) throw new Error(`python3: ${error?.message ?? stderr}`)
  return stdout
}

export function setXattrs(xattrs: readonly XattrToSet[]): void {
  python(
    'for p, n, v in a: os.setxattr(x(p), x(n), x(v))',
    xattrs.map(({ path, name, value }) => [hex(path), hex(name), hex(value)]),
  )
}

export function setXattr(path: Bytes, name: Bytes, value: Bytes): void {
  setXattrs([{ path, name, value }])
}

export function removeXattr(path: Bytes, name: Bytes): void {
  python('os.removexattr(x(a[0]), x(a[1]))', [hex(path), hex(name)])
}

/** One xattr, also where the file system does not list it. */
export function readXattr(path: Bytes, name: Bytes): Buffer {
  return Buffer.from(
    python('print(os.getxattr(x(a[0]), x(a[1])).hex())', [hex(path), hex(name)]).trim(),
    'hex',
  )
}

/** All of a file's xattrs, names in Latin-1 (one character a byte), in order of name. */
export function readXattrs(path: Bytes): Record<string, Buffer> {
  const found = JSON.parse(
    python(
      'print(json.dumps([[n.hex(), os.getxattr(x(a), n).hex()] for n in map(os.fsencode, os.listxattr(x(a)))]))',
      hex(path),
    ),
  ) as [string, string][]
  const entries = found.map(
    ([name, value]) =>
      [Buffer.from(name, 'hex').toString('latin1'), Buffer.from(value, 'hex')] as const,
  )
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A folder whose file system keeps xattrs of up to 64 KiB, or null: ext4 keeps a file's in one block. */
export function largeXattrFolder(): string | null {
  return ['/dev/shm', tmpdir()].find(takesLargeXattrs) ?? null
}

function takesLargeXattrs(parent: string): boolean {
  if (!existsSync(parent)) return false
  const path = join(parent, `sidestream-xattr-${process.pid}`)
  writeFileSync(path, '')
  try {
    setXattr(path, 'user.probe', Buffer.alloc(61_000))
    return true
  } catch {
    return false
  } finally {
    rmSync(path)
  }
}

/** A stream as Samba's vfs_streams_xattr stores one that fits a single xattr. */
export function sambaStream(path: Bytes, stream: string, content: Bytes): XattrToSet {
  return {
    path,
    name: `user.DosStream.${stream}:$DATA`,
    value: Buffer.concat([Buffer.from(content as string), Buffer.of(0)]),
  }
}
