/** Everything of a carrier that a removal must leave alone, as ntfs-3g tells it to Linux. */
import { python } from '../../support/ntfs-3g-volume.ts'

export interface CarrierState {
  readonly content: string
  /** NTFS attributes. */
  readonly attributes: number
  /** Creation, last write, last access: 100 ns since 1601. The change time is left out: nobody can hold it. */
  readonly times: string[]
}

export function carrierState(path: string): CarrierState {
  return JSON.parse(python(STATE, [path])) as CarrierState
}

/** `system.ntfs_times` holds creation, write, access and change time (ntfs-3g(8)). */
const STATE = `
import hashlib, json, os, struct, sys
path = sys.argv[1]
times = [str(t) for t in struct.unpack("<3Q", os.getxattr(path, "system.ntfs_times")[:24])]
content = "" if os.path.isdir(path) else hashlib.sha256(open(path, "rb").read()).hexdigest()
print(json.dumps({
    "content": content,
    "attributes": struct.unpack("<I", os.getxattr(path, "system.ntfs_attrib"))[0],
    "times": times if os.path.isdir(path) else times[:2],
}))
`

export function setAttributes(path: string, attributes: number): void {
  python(
    `import os, struct, sys
os.setxattr(sys.argv[1], "system.ntfs_attrib", struct.pack("<I", int(sys.argv[2])))`,
    [path, String(attributes)],
  )
}

export const READ_ONLY = 0x1
export const OFFLINE = 0x1000
export const ARCHIVE = 0x20
