/** Streams on real files as Samba keeps them, written and read without our code. */
import { python } from '../../../support/ntfs-3g-volume.ts'
import { type Bytes, readXattrs, removeXattr, setXattrs } from '../../../support/xattrs.ts'

export interface StreamToSet {
  readonly path: string
  readonly stream: Bytes
  readonly content: Bytes
}

function nameOf(stream: Bytes): Buffer {
  return Buffer.concat([bytes('user.DosStream.'), bytes(stream), bytes(':$DATA')])
}

export function setStreams(streams: readonly StreamToSet[]): void {
  setXattrs(
    streams.map(({ path, stream, content }) => ({
      path,
      name: nameOf(stream),
      value: Buffer.concat([bytes(content), Buffer.of(0)]),
    })),
  )
}

export function setStream(path: string, stream: Bytes, content: Bytes): void {
  setStreams([{ path, stream, content }])
}

export function removeStream(path: string, stream: Bytes): void {
  removeXattr(path, nameOf(stream))
}

/** The content without Samba's final NUL, or null where there is no such stream. */
export function getStream(path: string, stream: string): Buffer | null {
  const value = readXattrs(path)[nameOf(stream).toString('latin1')]
  return value ? value.subarray(0, -1) : null
}

/** Every Samba stream of the files directly in a folder, as `path:stream`, with its content. */
export function streamsIn(folder: string): Map<string, string> {
  const script = `
import json, os, sys
rows = []
for entry in os.scandir(sys.argv[1]):
    for name in os.listxattr(entry.path):
        if name.startswith("user.DosStream."):
            stream = name[len("user.DosStream."):-len(":$DATA")]
            rows.append([entry.path + ":" + stream, os.getxattr(entry.path, name)[:-1].decode()])
print(json.dumps(rows))`
  return new Map(JSON.parse(python(script, [folder])) as [string, string][])
}

function bytes(text: Bytes): Buffer {
  return Buffer.from(text as string)
}
