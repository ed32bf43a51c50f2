/**
 * Reads and writes a folder's files and streams without any of our own disk code: through Python's
 * os.setxattr and friends. What the product says of a disk is proved against this.
 */
import { spawnSync } from 'node:child_process'

/** One file or folder as the disk has it. */
export interface DiskEntry {
  /** Of the content; empty for a folder. */
  sha256: string
  size: number
  mtimeNs: string
  mode: number
  /** Extended attribute name → value, base64; `:name` for a stream that ntfs-3g shows as a file. */
  xattrs: Record<string, string>
}

/** Path below the folder → entry. */
export type DiskSnapshot = Record<string, DiskEntry>

const SNAPSHOT = `
import base64, errno, hashlib, json, os, sys
root = os.fsencode(sys.argv[1])
found = {}
def streams_of(path):
    try:
        names = os.getxattr(path, b"ntfs.streams.list").split(b"\\0")
    except OSError:
        return
    for name in filter(None, names):
        with open(path + (b"/:" if os.path.isdir(path) else b":") + name, "rb") as stream:
            yield ":" + os.fsdecode(name), stream.read()
def look(path):
    status = os.lstat(path)
    entry = {"size": 0, "sha256": "", "mtimeNs": str(status.st_mtime_ns), "mode": status.st_mode, "xattrs": {}}
    if not os.path.islink(path):
        for name in os.listxattr(path):
            try:
                entry["xattrs"][name] = base64.b64encode(os.getxattr(path, name)).decode()
            except OSError as error:
                # ntfs-3g lists names that are too long for Linux to ask for.
                if error.errno != errno.ERANGE: raise
                entry["xattrs"][name] = "cannot be read"
        for name, data in streams_of(path):
            entry["xattrs"][name] = base64.b64encode(data).decode()
        if os.path.isfile(path):
            data = open(path, "rb").read()
            entry["size"] = len(data)
            entry["sha256"] = hashlib.sha256(data).hexdigest()
    found[os.fsdecode(os.path.relpath(path, root))] = entry
look(root)
for folder, folders, files in os.walk(root):
    for name in folders + files:
        look(os.path.join(folder, name))
print(json.dumps(found, sort_keys=True))
`

/** Nothing is opened but folders, each after it was looked at: no access time is moved that is still to be told. */
const ACCESS_TIMES = `
import json, os, stat, sys
found = {}
def look(path):
    status = os.lstat(path)
    if not stat.S_ISLNK(status.st_mode): found[path] = status.st_atime_ns
    if stat.S_ISDIR(status.st_mode):
        for name in os.listdir(path): look(path + b"/" + name)
root = os.fsencode(sys.argv[1])
look(root)
if sys.argv[2] == "age":
    for at, path in enumerate(found):
        status = os.stat(path)
        # Once for all hard links of a file.
        os.utime(path, ns=(1_200_000_000_123_456_700 + at * 1_000_000_000, status.st_mtime_ns))
    for path in found: found[path] = os.stat(path).st_atime_ns
print(json.dumps({os.fsdecode(os.path.relpath(path, root)): str(time) for path, time in found.items()}, sort_keys=True))
`

const SET = `
import json, os, sys, base64
for path, name, value in json.load(sys.stdin):
    os.setxattr(os.fsencode(path), name, base64.b64decode(value))
`

/** Everything below a folder that a strip could touch by mistake. */
export function snapshotFolder(folder: string): DiskSnapshot {
  return JSON.parse(python(SNAPSHOT, [folder], '')) as DiskSnapshot
}

/** Path below the folder → access time in ns, of files and folders. A snapshot moves them, so this comes before it. */
export type AccessTimes = Record<string, string>

export function accessTimesOf(folder: string): AccessTimes {
  return JSON.parse(python(ACCESS_TIMES, [folder, 'look'], '')) as AccessTimes
}

/** Makes each an old one of its own, that any access would move, and tells them. */
export function ageAccessTimes(folder: string): AccessTimes {
  return JSON.parse(python(ACCESS_TIMES, [folder, 'age'], '')) as AccessTimes
}

export interface StreamToWrite {
  path: string
  stream: string
  bytes: Uint8Array
}

/** Writes streams as Samba's vfs_streams_xattr does: the bytes and one marker byte, 0. */
export function writeSambaStreams(streams: readonly StreamToWrite[]): void {
  const rows = streams.map(({ path, stream, bytes }) => [
    path,
    sambaXattrName(stream),
    Buffer.concat([bytes, Buffer.of(0)]).toString('base64'),
  ])
  python(SET, [], JSON.stringify(rows))
}

export function sambaXattrName(stream: string): string {
  return `user.DosStream.${stream}:$DATA`
}

/** What differs between two snapshots, one line each; empty if nothing does. */
export function compareSnapshots(before: DiskSnapshot, after: DiskSnapshot): string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return paths.flatMap((path) => {
    const [old, now] = [before[path], after[path]]
    if (old === undefined) return [`${path}: appeared`]
    if (now === undefined) return [`${path}: went`]
    return compareEntries(path, old, now)
  })
}

function compareEntries(path: string, old: DiskEntry, now: DiskEntry): string[] {
  const lines: string[] = []
  for (const key of ['sha256', 'size', 'mtimeNs', 'mode'] as const) {
    if (old[key] !== now[key]) lines.push(`${path}: ${key} ${old[key]} -> ${now[key]}`)
  }
  for (const name of new Set([...Object.keys(old.xattrs), ...Object.keys(now.xattrs)])) {
    if (now.xattrs[name] === undefined) lines.push(`${path}: ${name} went`)
    else if (old.xattrs[name] === undefined) lines.push(`${path}: ${name} appeared`)
    else if (old.xattrs[name] !== now.xattrs[name]) lines.push(`${path}: ${name} changed`)
  }
  return lines
}

function python(program: string, args: string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync('python3', ['-c', program, ...args], {
    input,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (error !== undefined) throw new Error(`cannot run python3: ${error.message}`)
  if (status !== 0) throw new Error(`python3: ${stderr.trim().split('\n').at(-1)}`)
  return stdout
}
