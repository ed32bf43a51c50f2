/** The tree on a real NTFS volume: mkntfs made it, ntfs-3g's windows interface wrote it. */
import { linkSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mountedVolume, whyNtfs3gCannotRun } from '../../support/ntfs-3g-mount.ts'
import { removeXattr, setXattr } from '../../support/xattrs.ts'
import type { Medium, Place } from './medium.ts'
import { TREE } from './tree.ts'

/** FILE_ATTRIBUTE_READONLY and _ARCHIVE, as ntfs-3g takes them. */
const READ_ONLY = Buffer.from([0x21, 0, 0, 0])

/** `carrier:stream`, with a folder's own streams behind a slash: else the folder's parent would be asked. */
function colonPath(folder: string, path: string, isFolder: boolean, stream: string): string {
  return isFolder ? `${join(folder, path)}/:${stream}` : `${join(folder, path)}:${stream}`
}

export function writeTree(folder: string): void {
  for (const { path, kind, content, links, streams } of TREE) {
    const isFolder = kind === 'directory'
    if (isFolder) mkdirSync(join(folder, path))
    else writeFileSync(join(folder, path), content)
    for (const { name, bytes } of streams) {
      writeFileSync(colonPath(folder, path, isFolder, name), bytes)
    }
    for (const link of links) linkSync(join(folder, path), join(folder, link))
  }
}

function mounted(how: 'xattr' | 'windows'): Place {
  const volume = mountedVolume('windows')
  const { folder } = volume
  writeTree(folder)
  // By default everybody may write.
  volume.remount(how, 'umask=022')
  const at = (path: string) => join(folder, path)
  return {
    target: folder,
    hints: {},
    folder,
    shown: at,
    fromShown: (path) => path.slice(folder.length + 1),
    write(path, stream, bytes) {
      if (how === 'windows') return writeFileSync(`${at(path)}:${stream}`, bytes)
      setXattr(at(path), `user.${stream}`, bytes)
    },
    remove(path, stream) {
      if (how === 'windows') return unlinkSync(`${at(path)}:${stream}`)
      removeXattr(at(path), `user.${stream}`)
    },
    makeReadOnly: (path) => setXattr(at(path), 'system.ntfs_attrib', READ_ONLY),
  }
}

function image(): Place {
  const volume = mountedVolume('windows')
  writeTree(volume.folder)
  volume.unmount()
  const refuse = () => {
    throw new Error('nothing writes into an image')
  }
  return {
    target: volume.image,
    hints: {},
    folder: null,
    shown: (path) => path.replaceAll('/', '\\'),
    fromShown: (path) => path.replaceAll('\\', '/'),
    write: refuse,
    remove: refuse,
    makeReadOnly: refuse,
  }
}

const missing = whyNtfs3gCannotRun()

export const NTFS_MEDIA: readonly Medium[] = [
  {
    name: 'a raw NTFS image',
    provider: 'mft',
    missing,
    cannot: {},
    unreadable: {},
    make: async () => image(),
  },
  {
    name: 'an ntfs-3g mount that shows streams as xattrs',
    provider: 'ntfs-3g',
    missing,
    cannot: {},
    unreadable: { 'long name': 'Linux takes no xattr name over 255 bytes, `user.` included' },
    make: async () => mounted('xattr'),
  },
  {
    name: 'an ntfs-3g mount with the windows interface',
    provider: 'ntfs-3g',
    missing,
    cannot: {},
    unreadable: {},
    make: async () => mounted('windows'),
  },
]
