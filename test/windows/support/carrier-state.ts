/** What of a carrier an order must leave alone, as ntfs-3g tells it to Linux. */
import { python } from '../../support/ntfs-3g-volume.ts'

export const READ_ONLY = 0x1
export const HIDDEN = 0x2
export const OFFLINE = 0x1000
export const ARCHIVE = 0x20

export interface CarrierState {
  readonly content: string
  /** NTFS attributes. */
  readonly attributes: number
  /** Creation, last write, last access: 100 ns since 1601. The change time is left out: nobody can hold it. */
  readonly times: string[]
}

/**
 * All that is known of one name on a volume, but for the last access: to look into a folder is one. A link has its
 * `content` alone: where it leads.
 */
export interface WholeState extends Partial<CarrierState> {
  readonly content: string
  /** The number of its record. */
  readonly record?: number
  /** Its security descriptor, hashed. */
  readonly access?: string
  /** Name → content, as Latin-1. */
  readonly streams?: Readonly<Record<string, string>>
}

export function carrierState(path: string): CarrierState {
  return JSON.parse(python(`${STATE}\nprint(json.dumps(state(sys.argv[1])))`, [path]))
}

/** Of everything below a folder, by its path from there. */
export function statesBelow(folder: string): Record<string, WholeState> {
  return JSON.parse(python(STATES_BELOW, [folder]))
}

/** `system.ntfs_times` holds creation, write, access and change time (ntfs-3g(8)). */
const STATE = `
import hashlib, json, os, struct, sys
def state(path):
    times = [str(t) for t in struct.unpack("<3Q", os.getxattr(path, "system.ntfs_times")[:24])]
    content = "" if os.path.isdir(path) else hashlib.sha256(open(path, "rb").read()).hexdigest()
    return {
        "content": content,
        "attributes": struct.unpack("<I", os.getxattr(path, "system.ntfs_attrib"))[0],
        "times": times if os.path.isdir(path) else times[:2],
    }
`

const STATES_BELOW = `${STATE}
def whole(path):
    if os.path.islink(path): return {"content": os.readlink(path)}
    prefix = path + ("/:" if os.path.isdir(path) else ":")
    names = os.getxattr(path, "ntfs.streams.list").split(b"\\0")
    known = state(path)
    return {
        **known,
        "times": known["times"][:2],
        "record": os.lstat(path).st_ino,
        "access": hashlib.sha256(os.getxattr(path, "system.ntfs_acl")).hexdigest(),
        "streams": {name.decode(): open(prefix + name.decode(), "rb").read().decode("latin1") for name in names if name},
    }
found = {}
for folder, folders, files in os.walk(sys.argv[1]):
    for name in folders + files:
        path = os.path.join(folder, name)
        found[os.path.relpath(path, sys.argv[1])] = whole(path)
print(json.dumps(found))
`

export function setAttributes(path: string, attributes: number): void {
  python(
    `import os, struct, sys
os.setxattr(sys.argv[1], "system.ntfs_attrib", struct.pack("<I", int(sys.argv[2])))`,
    [path, String(attributes)],
  )
}

/** Attributes and times that none of these gets by being written to. */
export function makeDistinct(paths: readonly string[]): void {
  python(
    `import json, os, struct, sys
for at, path in enumerate(json.load(sys.stdin)):
    written = 126000000000000000 + at * 10000000007
    os.setxattr(path, "system.ntfs_times", struct.pack("<3Q", written - 12345, written, written + 54321))
    if not os.path.isdir(path): os.setxattr(path, "system.ntfs_attrib", struct.pack("<I", ${HIDDEN}))`,
    [],
    paths,
  )
}
