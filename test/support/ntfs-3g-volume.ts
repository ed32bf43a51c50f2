/**
 * Real NTFS volumes for tests: made by mkntfs, written and listed through ntfs-3g, and always unmounted.
 * The listing uses Python and ntfscat, none of our code.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One stream of one carrier as ntfs-3g shows it. */
export interface ShownStream {
  /** All paths of the carrier, sorted, relative to the root with `\`; the root itself is `.`. */
  links: string[]
  stream: string
  size: number
  sha256: string
  kind: 'file' | 'directory'
  modifiedNs: string
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'sidestream-ntfs-'))
}

/** A sparse image with a fresh NTFS volume. `options` go to mkntfs as they are. */
export function makeNtfsImage(
  path: string,
  megabytes: number,
  options: readonly string[] = [],
): void {
  writeFileSync(path, '')
  truncateSync(path, megabytes * 1024 * 1024)
  program('mkntfs', ['-F', '-Q', '-q', '-L', 'TESTVOLUME', ...options, path])
}

/** Mounts the image, lets `work` do its part on the mount point, and unmounts whatever happens. */
export function withMounted<T>(image: string, options: string, work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-mount-'))
  program('ntfs-3g', ['-o', options, image, folder])
  try {
    return work(folder)
  } finally {
    // umount returns when the image is completely written only if nothing holds the volume.
    program('umount', [folder])
    rmSync(folder, { recursive: true })
  }
}

/** What ntfs-3g shows of an image, mounted read-only. */
export function listThroughNtfs3g(image: string): ShownStream[] {
  const rows = withMounted(image, 'ro,streams_interface=windows,show_sys_files', (folder) =>
    JSON.parse(python(LIST, [folder, image])),
  )
  return rows as ShownStream[]
}

/** Runs a Python program; `input` is handed to it as JSON on standard input. */
export function python(text: string, args: readonly string[], input: unknown = null): string {
  return program('python3', ['-c', text, ...args], JSON.stringify(input))
}

function program(name: string, args: readonly string[], input = ''): string {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`
  const { status, stdout, stderr, error } = spawnSync(name, args, {
    input,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
    maxBuffer: 512 * 1024 * 1024,
  })
  if (error !== undefined) throw new Error(`cannot run ${name}: ${error.message}`)
  if (status !== 0) throw new Error(`${name} ${args.join(' ').slice(0, 200)}: ${stderr.trim()}`)
  return stdout
}

/**
 * `ntfs.streams.list` names a carrier's streams; `carrier:stream` reads one. The root has no name to put
 * a colon behind, so its streams are read by ntfscat. Names are WTF-8, hence `surrogatepass`. NTFS's own
 * files (`$MFT`, …) are shown for the comparison's sake and left out below.
 */
const LIST = `
import collections, hashlib, json, os, stat, subprocess, sys
root, image = os.fsencode(sys.argv[1]), sys.argv[2]
text = lambda raw: raw.decode("utf-8", "surrogatepass")
carriers = collections.OrderedDict()
def look(path, shown):
    status = os.lstat(path)
    try:
        names = os.getxattr(path, b"ntfs.streams.list", follow_symlinks=False)
    except OSError as error:
        if error.errno in (61, 95): return
        raise
    entry = carriers.setdefault(status.st_ino, {"links": [], "names": [n for n in names.split(b"\\0") if n], "path": path, "status": status})
    entry["links"].append(shown)
look(root, ".")
for folder, folders, files in os.walk(root):
    if folder == root:
        folders[:] = [name for name in folders if name != b"$Extend"]
        files[:] = [name for name in files if not name.startswith(b"$")]
    for name in folders + files:
        path = os.path.join(folder, name)
        look(path, text(os.path.relpath(path, root)).replace("/", "\\\\"))
rows = []
for inode, entry in carriers.items():
    status = entry["status"]
    for name in entry["names"]:
        if entry["links"] == ["."]:
            data = subprocess.run(["ntfscat", "-f", "-i", "5", "-n", os.fsdecode(name), image], stdout=subprocess.PIPE, check=True).stdout
        else:
            data = open(entry["path"] + b":" + name, "rb").read()
        rows.append({
            "links": sorted(entry["links"]),
            "stream": text(name),
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "kind": "directory" if stat.S_ISDIR(status.st_mode) else "file",
            "modifiedNs": str(status.st_mtime_ns),
        })
print(json.dumps(rows))
`
