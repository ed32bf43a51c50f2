/** What must be the same before and after a strip: a carrier's bytes, times, mode, owner, xattrs. */
import { closeSync, constants, openSync, readFileSync, statSync } from 'node:fs'
import { readXattrs } from './xattrs.ts'

export interface CarrierMetadata {
  readonly mode: bigint
  readonly uid: bigint
  readonly ino: bigint
  readonly mtimeNs: bigint
  readonly atimeNs: bigint
  /** Values in hex. */
  readonly xattrs: Record<string, string>
}

export interface CarrierSnapshot extends CarrierMetadata {
  /** Hex; empty for a folder. */
  readonly bytes: string
}

export function metadataOf(path: string): CarrierMetadata {
  const { mode, uid, ino, mtimeNs, atimeNs } = statSync(path, { bigint: true })
  const xattrs = Object.entries(readXattrs(path)).map(([name, value]) => [
    name,
    value.toString('hex'),
  ])
  return { mode, uid, ino, mtimeNs, atimeNs, xattrs: Object.fromEntries(xattrs) }
}

export function snapshotOf(path: string): CarrierSnapshot {
  const metadata = metadataOf(path)
  const isFile = (metadata.mode & 0o170000n) === 0o100000n
  return { ...metadata, bytes: isFile ? readQuietly(path).toString('hex') : '' }
}

/**
 * A plain read would move the access time that is to be compared. (On ntfs-3g this one does too: FUSE
 * passes O_NOATIME on and ntfs-3g does not look at it. Use {@link metadataOf} there.)
 */
function readQuietly(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOATIME)
  try {
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

export function withoutXattr<T extends CarrierMetadata>(snapshot: T, name: string): T {
  const { [name]: _, ...xattrs } = snapshot.xattrs
  return { ...snapshot, xattrs }
}
