/** Finds and opens the one file or folder that `show` is about. */
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { NativeAddon, NativeCarrier, NativeError, NativeHints } from '../../native/addon.ts'
import { badUsage } from './cli-error.ts'

export interface OpenedCarrier {
  readonly carrier: NativeCarrier
  /** As the listing of `scan` would name it. */
  readonly path: string
}

/** `pathInImage` is for a volume or image; without it, its root. Close the carrier. */
export async function openCarrier(
  addon: NativeAddon,
  target: string,
  pathInImage: string | null,
  hints: NativeHints,
): Promise<OpenedCarrier> {
  const isImage = await isRawSource(addon, target, hints)
  if (pathInImage !== null) {
    if (!isImage)
      throw badUsage(`${target} is no volume or image: give one path, of the file itself`)
    const path = toVolumePath(pathInImage)
    return { carrier: await addon.openCarrier(target, path, null, hints), path }
  }
  if (isImage) return { carrier: await addon.openCarrier(target, '.', null, hints), path: '.' }
  const isFolder = (await stat(target)).isDirectory()
  // A file without streams is no source by itself, but its folder is, and the answer "none" is wanted.
  const source = isFolder ? target : dirname(target)
  return { carrier: await addon.openCarrier(source, target, null, hints), path: target }
}

async function isRawSource(
  addon: NativeAddon,
  target: string,
  hints: NativeHints,
): Promise<boolean> {
  try {
    return (await addon.probe(target, hints)).kind === 'image'
  } catch (error) {
    if ((error as NativeError).code === 'ADS_NOT_A_SOURCE') return false
    throw error
  }
}

/** People write the path as they know it: with a drive, a leading or trailing separator, or `/`. */
function toVolumePath(path: string): string {
  const relative = path
    .replaceAll('/', '\\')
    .replace(/^[A-Za-z]:/, '')
    .replace(/^\\+|\\+$/g, '')
  return relative === '' ? '.' : relative
}
