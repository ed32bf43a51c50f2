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
    const places: ScopePlace[] = []
    for (const root of this.roots) {
      const target = await this.probe(root).catch(() => null)
      if (target) places.push({ root, target })
    }
    return (volumeId, path) =>
      places.find(
        ({ root, target }) =>
          target.volumeId === volumeId && (target.kind === 'image' || this.#isInside(root, path)),
      ) ?? null
  }

  /** The scope root that this path lies in, by its text alone; null if it lies in none. */
  rootOf(path: string): string | null {
    return this.roots.find((root) => path === root || this.#isInside(root, path)) ?? null
  }

  #isInside(root: string, path: string): boolean {
    if (path.includes('..') && path.split(/[\\/]/).includes('..')) return false
    return isAtOrBelow(root, path) && !this.exclude.some((folder) => isAtOrBelow(folder, path))
  }
}

/** Whether `path` is that folder or lies in it, by the text of both. */
export function isAtOrBelow(folder: string, path: string): boolean {
  const base = comparable(folder).replace(/\/+$/, '')
  const candidate = comparable(path)
  return candidate === base || candidate.startsWith(`${base}/`) || (base === '' && path === '/')
}

/** Windows takes both separators and ignores case; elsewhere a `\` is part of a name. */
function comparable(path: string): string {
  return sep === '\\' ? path.replaceAll('\\', '/').toLowerCase() : path
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
