/** An NTFS volume mounted through ntfs-3g for the length of one asynchronous test. Needs root. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { makeNtfsImage } from './ntfs-3g-volume.ts'
import { makeTempFolder, removeTempFolder } from './temp-folder.ts'

export type StreamsInterface = 'none' | 'xattr' | 'openxattr' | 'windows'

/** Null if volumes can be made and mounted here; else what is missing, and how to get it. */
export function whyNtfs3gCannotRun(): string | null {
  const has = (tool: string) =>
    spawnSync('sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin"; command -v ${tool}`]).status === 0
  if (!['mkntfs', 'ntfs-3g', 'umount'].every(has)) return 'apt install ntfs-3g'
  if (process.getuid?.() !== 0) return 'run the tests as root'
  return existsSync('/dev/fuse') ? null : 'modprobe fuse'
}

export interface MountedVolume {
  readonly image: string
  readonly folder: string
  /** Unmounts and mounts again; the folder stays the same. `more`: further mount options. */
  remount(streams: StreamsInterface, more?: string): void
  unmount(): void
}

/** For use inside a test: unmounts and removes everything when it is over, however it ended. */
export function mountedVolume(streams: StreamsInterface): MountedVolume {
  const root = makeTempFolder()
  const image = join(root, 'volume.img')
  const folder = join(root, 'mount')
  const unmount = () => {
    const { status, stderr } = spawnSync('umount', [folder], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`umount: ${stderr}`)
  }
  onTestFinished(() => {
    // Lazily, as a test that failed may have left a carrier open.
    spawnSync('umount', ['-l', folder])
    removeTempFolder(root)
  })
  mkdirSync(folder)
  makeNtfsImage(image, 16)
  const mount = (how: StreamsInterface, more?: string) => {
    const options = [`streams_interface=${how}`, 'compression', ...(more ? [more] : [])].join(',')
    const { status, stderr } = spawnSync('ntfs-3g', ['-o', options, image, folder], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`ntfs-3g: ${stderr}`)
  }
  mount(streams)
  return {
    image,
    folder,
    unmount,
    remount: (how, more) => {
      unmount()
      mount(how, more)
    },
  }
}
