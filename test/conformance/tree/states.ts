/** The states that a target may be in when an order comes to it, brought about without our code. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  compareSnapshots,
  type DiskSnapshot,
  snapshotFolder,
} from '../../../scripts/lib/independent-disk.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import type { Place } from './medium.ts'
import { MARK, VICTIM, ZONE } from './tree.ts'

/** What a strip changed, but for the time of the folder that a depot removes a file from. */
export function changesSince(before: DiskSnapshot, folder: string): string[] {
  const isDepotFolder = (line: string) => /^\.streams\/\w\w\/\w\w\/\w{32}: mtimeNs /.test(line)
  return compareSnapshots(before, snapshotFolder(folder)).filter((line) => !isDepotFolder(line))
}

/** A read-only mount of the same folder. */
export function readOnlyView(place: Place): Place {
  const folder = join(tempFolder(), 'view')
  mkdirSync(folder)
  const mount = (...args: string[]) => {
    const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`mount: ${stderr}`)
  }
  mount('--bind', place.target, folder)
  onTestFinished(() => void spawnSync('umount', ['-l', folder]))
  mount('-o', 'remount,bind,ro', folder)
  return { ...place, target: folder, shown: (path) => join(folder, path) }
}

export function replaceCarrier(place: Place, path = VICTIM): void {
  const other = 'strip/other.exe'
  writeFileSync(place.shown(other), 'another program')
  place.write(other, MARK, ZONE)
  rmSync(place.shown(path))
  renameSync(place.shown(other), place.shown(path))
}

export function swapForLink(place: Place, path = VICTIM): void {
  renameSync(place.shown(path), place.shown('strip/moved.exe'))
  symlinkSync('bystander.exe', place.shown(path))
}
