/** What a medium is: something that holds the tree, written by anything but our own code. */
import type { NativeHints, ProviderName } from '../../../native/addon.ts'
import { type ScanReport, scanAll } from '../../support/native.ts'
import { type Feature, inOrder, type ListedStream } from './tree.ts'

export interface Medium {
  readonly name: string
  readonly provider: ProviderName
  /** Why it cannot be made on this machine, and how it could; null if it can. */
  readonly missing: string | null
  /** What it cannot carry, and why. */
  readonly cannot: Partial<Record<Feature, string>>
  /** What it carries and Linux does not show: unreadable by name; and why. */
  readonly unreadable: Partial<Record<Feature, string>>
  /** For use inside a test, with which all of it goes away. */
  make(): Promise<Place>
}

/** The tree on a medium. Paths are as in the tree. */
export interface Place {
  readonly target: string
  readonly hints: NativeHints
  /** Where it is mounted; null for an image, which nothing can be stripped from. */
  readonly folder: string | null
  /** As a scan names it. */
  shown(path: string): string
  fromShown(path: string): string
  /** Writes or overwrites a stream. */
  write(path: string, stream: string, bytes: string): void
  remove(path: string, stream: string): void
  makeReadOnly(path: string): void
}

export const scanPlace = (place: Place): Promise<ScanReport> =>
  scanAll(place.target, { hash: true, contentBytes: 1 << 20, hints: place.hints })

export function listedIn(place: Place, { streams }: ScanReport): ListedStream[] {
  return inOrder(
    streams.map(({ links, name, size, sha256, content, kind }) => ({
      links: links.map(place.fromShown).sort(),
      stream: name,
      size: Number(size),
      sha256,
      content: Buffer.from(content!).toString('latin1'),
      kind,
    })),
  )
}
