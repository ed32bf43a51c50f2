/** The tree as Samba keeps it: written by a real smbd, told by smbclient; and plain xattrs, by Python. */
import {
  chmodSync,
  globSync,
  linkSync,
  mkdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type SambaServer, startSamba, whySambaCannotRun } from '../../support/samba-server.ts'
import { makeTempFolder, removeTempFolder, tempFolder } from '../../support/temp-folder.ts'
import { largeXattrFolder, removeXattr, sambaStream, setXattrs } from '../../support/xattrs.ts'
import type { Medium, Place } from './medium.ts'
import { type Feature, TREE, type TreeStream } from './tree.ts'

/** ext4 keeps a file's xattrs in one block, so these are on tmpfs. */
const xattrFolder = largeXattrFolder()

type Lacks = Partial<Record<Feature, string>>
const NOT_FOR_SMBCLIENT: Lacks = {
  'semicolon in name': 'smbclient takes it for the end of a command',
  'quote in name': 'smbclient knows no way to quote it',
}
const NO_LARGE: Lacks =
  xattrFolder === null ? { '60 KB': 'no file system here takes xattrs of that size' } : {}
const LONG_XATTR: Lacks = {
  'long name': 'no xattr name is over 255 bytes, `user.DosStream.` and `:$DATA` included',
}
const LONG_FILE: Lacks = {
  'long name': 'no file name is over 255 bytes, `:` and `:$DATA` included',
}

/** What all folders on Linux have in common. */
function placeIn(folder: string): Omit<Place, 'write' | 'remove' | 'hints'> {
  const at = (path: string) => join(folder, path)
  return {
    target: folder,
    folder,
    shown: at,
    fromShown: (path) => path.slice(folder.length + 1),
    makeReadOnly: (path) => chmodSync(at(path), 0o444),
  }
}

/** Hard links are made on the server: they are about the carrier, and smbclient's depend on the dialect. */
async function smbdWritten(lacks: Lacks, options: string[], kept: 'xattr' | 'depot') {
  const samba = await startSamba(options, kept === 'xattr' ? (xattrFolder ?? undefined) : undefined)
  onTestFinished(() => samba.stop())
  const local = tempFolder()
  let files = 0
  const put = (bytes: string | Buffer, name: string) => {
    const source = join(local, String(files++))
    writeFileSync(source, bytes)
    return `put ${source} "${name}"`
  }
  const isCarried = ({ feature }: TreeStream) =>
    feature === undefined || lacks[feature] === undefined
  const commands = TREE.flatMap(({ path, kind, content, streams }) => [
    kind === 'directory' ? `mkdir "${path}"` : put(content, path),
    ...streams.filter(isCarried).map(({ name, bytes }) => put(bytes, `${path}:${name}`)),
  ])
  samba.run(commands.join(';'))
  for (const { path, links } of TREE) {
    for (const link of links) linkSync(join(samba.share, path), join(samba.share, link))
  }
  const common = placeIn(samba.share)
  const place: Place = {
    ...common,
    hints: { smbConf: samba.config },
    write: (path, stream, bytes) => void samba.run(put(bytes, `${path}:${stream}`)),
    remove: (path, stream) =>
      kept === 'xattr'
        ? removeXattr(common.shown(path), `user.DosStream.${stream}:$DATA`)
        : unlinkSync(join(depotFolder(samba, path), `:${stream}:$DATA`)),
  }
  return place
}

/** By the inode number, which ends the name of a carrier's folder in the depot. */
function depotFolder({ share }: SambaServer, path: string): string {
  const inode = Buffer.alloc(8)
  inode.writeBigUInt64LE(statSync(join(share, path), { bigint: true }).ino)
  const [marker] = globSync(`${share}/.streams/*/*/*${inode.toString('hex').toUpperCase()}/:*`)
  return dirname(marker!)
}

async function plainXattrs(): Promise<Place> {
  const folder = makeTempFolder(xattrFolder ?? undefined)
  onTestFinished(() => removeTempFolder(folder))
  const common = placeIn(folder)
  for (const { path, kind, content } of TREE) {
    if (kind === 'directory') mkdirSync(common.shown(path))
    else writeFileSync(common.shown(path), content)
  }
  setXattrs(
    TREE.flatMap(({ path, streams }) =>
      streams
        .filter(({ feature }) => feature !== 'long name' && !(feature && feature in NO_LARGE))
        .map(({ name, bytes }) => sambaStream(common.shown(path), name, bytes)),
    ),
  )
  for (const { path, links } of TREE) {
    for (const link of links) linkSync(common.shown(path), common.shown(link))
  }
  return {
    ...common,
    hints: {},
    write: (path, stream, bytes) => setXattrs([sambaStream(common.shown(path), stream, bytes)]),
    remove: (path, stream) => removeXattr(common.shown(path), `user.DosStream.${stream}:$DATA`),
  }
}

const xattrLacks = { ...NOT_FOR_SMBCLIENT, ...NO_LARGE, ...LONG_XATTR }
const depotLacks = { ...NOT_FOR_SMBCLIENT, ...LONG_FILE }
const missing = whySambaCannotRun()

export const SAMBA_MEDIA: readonly Medium[] = [
  {
    name: 'a Samba share that keeps streams in xattrs',
    provider: 'samba',
    missing,
    cannot: xattrLacks,
    unreadable: {},
    make: () => smbdWritten(xattrLacks, [], 'xattr'),
  },
  {
    name: 'a Samba share that keeps streams in a depot',
    provider: 'samba',
    missing,
    cannot: depotLacks,
    unreadable: {},
    make: () => smbdWritten(depotLacks, ['vfs objects = streams_depot'], 'depot'),
  },
  {
    name: 'xattrs in Samba’s form, written by Python',
    provider: 'samba',
    missing: null,
    cannot: { ...NO_LARGE, ...LONG_XATTR },
    unreadable: {},
    make: plainXattrs,
  },
]
