/** What ntfs-3g shows of an image: mounted read-only, streams named by its xattr `ntfs.streams.list`. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Listing } from './listed-stream.ts'

/**
 * The root has no name to put `:stream` behind, so its contents are not read. Names are WTF-8 there and
 * JSON here, hence `surrogatepass`. What fails is named with its error, and the walk goes on.
 */
const LIST = `
import errno, hashlib, json, os, sys
root = os.fsencode(sys.argv[1])
text = lambda raw: raw.decode("utf-8", "surrogatepass")
streams, unreadable = [], []
def fail(path, error): unreadable.append({"path": text(path), "reason": os.strerror(error.errno)})
def look(path, shown):
    try:
        names = os.getxattr(path, b"ntfs.streams.list", follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.ENODATA: fail(shown, error)
        return
    for name in filter(None, names.split(b"\\0")):
        digest = None
        if shown != b".":
            try:
                hasher = hashlib.sha256()
                with open(path + (b"/:" if os.path.isdir(path) else b":") + name, "rb") as stream:
                    while piece := stream.read(1 << 20): hasher.update(piece)
                digest = hasher.hexdigest()
            except OSError as error:
                fail(shown + b":" + name, error)
        streams.append({"path": text(shown), "stream": text(name), "sha256": digest})
look(root, b".")
for folder, folders, files in os.walk(root, onerror=lambda error: fail(os.path.relpath(os.fsencode(error.filename), root), error)):
    for name in folders + files:
        path = os.path.join(folder, name)
        look(path, os.path.relpath(path, root))
json.dump({"streams": streams, "unreadable": unreadable}, sys.stdout)
`

export function listThroughMount(image: string): Listing {
  const folder = mkdtempSync(join(tmpdir(), 'sidestream-peers-'))
  try {
    const mounted = program('ntfs-3g', ['-o', 'ro,streams_interface=windows', image, folder])
    if (mounted.status !== 0) return { refused: mounted.stderr.trim() }
    try {
      const { status, stdout, stderr } = program('python3', ['-c', LIST, folder])
      if (status !== 0) throw new Error(`python3: ${stderr.trim()}`)
      return JSON.parse(stdout) as Listing
    } finally {
      program('umount', [folder])
    }
  } finally {
    rmdirSync(folder)
  }
}

function program(name: string, args: readonly string[]) {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
  return spawnSync(name, args, { encoding: 'utf8', env, maxBuffer: 1 << 30 })
}
