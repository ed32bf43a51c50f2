/**
 * The places that this agent looks at and may touch: folders, volumes and images from its config. What a
 * root is, is asked of the disk each time, because another volume may be mounted there by now.
 */
import { sep } from 'node:path'
import type { NativeAddon, NativeHints, NativeTarget } from '../../../native/addon.ts'
import type { VolumeId } from '../../protocol/ids.ts'
import type { ScannedVolume } from '../../protocol/scan.ts'

export interface ScopePlace {
  readonly root: string
  readonly target: NativeTarget
}

export class Scope {
  readonly roots: readonly string[]
  readonly exclude: readonly string[]
  /** For every call that opens one of the roots. */
  readonly hints: NativeHints
  readonly #addon: NativeAddon

  constructor(
    addon: NativeAddon,
    roots: readonly string[],
    exclude: readonly string[],
    hints: NativeHints = {},
  ) {
    this.#addon = addon
    this.roots = roots
    this.exclude = exclude
    this.hints = hints
  }

  probe(root: string): Promise<NativeTarget> {
    return this.#addon.probe(root, this.hints)
  }

  /** The scope root through which this path of this volume may be reached, or null if there is none. */
  async resolve(volumeId: VolumeId, path: string): Promise<ScopePlace | null> {
    return (await this.resolver())(volumeId, path)
  }

  /** As {@link resolve}, for many paths at once: what the roots are is asked of the disk now. */
  async resolver(): Promise<(volumeId: VolumeId, path: string) => ScopePlace | null> {
    const places = await this.#places()
    return (volumeId, path) =>
      places.find(
        (place) => place.target.volumeId === volumeId && this.#isReachable(place, path),
      ) ?? null
  }

  /** {@link wholePath} of many carriers, excluded ones too. A path on a volume that is not there now stays as it is. */
  async wholePaths(): Promise<(volumeId: VolumeId, path: string) => string> {
    const volumes = (await this.#places()).filter(({ target }) => target.kind === 'image')
    return (volumeId, path) => {
      const isWhole = /^([\\/]|[a-z]:)/i.test(path)
      const place = isWhole ? null : volumes.find(({ target }) => target.volumeId === volumeId)
      return place ? wholePath(place, path) : path
    }
  }

  /** The scope root that this path lies in, by its text alone; null if it lies in none. */
  rootOf(path: string): string | null {
    return this.roots.find((root) => path === root || this.#isInside(root, path)) ?? null
  }

  async #places(): Promise<ScopePlace[]> {
    const places: ScopePlace[] = []
    for (const root of this.roots) {
      const target = await this.probe(root).catch(() => null)
      if (target) places.push({ root, target })
    }
    return places
  }

  #isReachable(place: ScopePlace, path: string): boolean {
    if (place.target.kind !== 'image') return this.#isInside(place.root, path)
    return !isDetour(path) && !this.#isExcluded(wholePath(place, path))
  }

  #isInside(root: string, path: string): boolean {
    return !isDetour(path) && isAtOrBelow(root, path) && !this.#isExcluded(path)
  }

  #isExcluded(path: string): boolean {
    return this.exclude.some((folder) => isAtOrBelow(folder, path))
  }
}

/**
 * A carrier's path as people and rules write it: on a volume (`C:`), where paths are relative to its root, with the
 * volume before it. What is in an image has no such path on this machine and keeps its own.
 */
export function wholePath({ root, target }: ScopePlace, path: string): string {
  return target.kind === 'image' ? pathOnVolume(root, path) : withoutPrefix(path)
}

/** As {@link wholePath}, where `root` is known to be a volume or an image. */
export function pathOnVolume(root: string, path: string): string {
  const volume = withoutPrefix(root.replaceAll('/', '\\'))
  if (!VOLUME.test(volume)) return path
  return path === '.' ? `${volume}\\` : `${volume}\\${path}`
}

const VOLUME = /^([a-z]:|\\\\[?.]\\volume\{[^\\]*\})$/i

/** `\\?\C:` and `\\.\C:` are `C:` to whoever writes a rule. */
function withoutPrefix(path: string): string {
  return path.replace(/^[\\/]{2}[?.][\\/](?=[a-z]:)/i, '')
}

function isDetour(path: string): boolean {
  return path.includes('..') && path.split(/[\\/]/).includes('..')
}

/** Whether `path` is that folder or lies in it, by the text of both. */
export function isAtOrBelow(folder: string, path: string): boolean {
  const base = comparable(folder).replace(/\/+$/, '')
  const candidate = comparable(path)
  return candidate === base || candidate.startsWith(`${base}/`) || (base === '' && path === '/')
}

/**
 * Windows takes both separators and ignores case; elsewhere a `\` is part of a name, and no absolute path
 * begins with a drive or with `\\`.
 */
function comparable(path: string): string {
  const plain = withoutPrefix(path)
  const isWindows = sep === '\\' || /^([a-z]:|\\\\)/i.test(plain)
  return isWindows ? plain.replaceAll('\\', '/').toLowerCase() : plain
}

/** As central gets it: texts from the disk cut to what the protocol carries. */
export function toScannedVolume({ root, target }: ScopePlace): ScannedVolume {
  return {
    volumeId: target.volumeId as VolumeId,
    root,
    label: target.label.slice(0, 256),
    fileSystem: target.fileSystem.slice(0, 64),
    provider: target.provider,
    isWritable: target.isWritable,
  }
}
