/**
 * What one scan really looked at. A stream that a scan did not see is gone only where its carrier could
 * have been seen; everywhere else it is unknown and stays. This is where a false "clean" is prevented.
 */
import type { ReportedStream } from '../../protocol/stream.ts'

/** Above this a scope root counts as not looked at: what it protects would cost too much memory. */
const MAX_REMEMBERED_PLACES = 200_000

/**
 * What the disk code calls a part of an image that may have held any carrier: records of $MFT, $MFT as a whole, one
 * partition's of these, or the table of partitions. Spelled in native/volume: MftRecordPath() of
 * record_collector.cc, mft_pass.cc, mft_provider.cc. A partition that is lost as a whole is the folder of its paths.
 */
const LOST_PART = /^(?:(?:Partition\d+\\)?\$MFT(?: record .*)?|Partition table)$/s

export class RootCoverage {
  readonly root: string
  /** Null until the root could be probed. */
  readonly volumeId: string | null
  readonly isImage: boolean
  #isComplete = false
  #hasUnknownPlaces = false
  readonly #carriers = new Set<string>()
  readonly #streams = new Set<string>()

  constructor(root: string, volumeId: string | null, isImage: boolean) {
    this.root = root
    this.volumeId = volumeId
    this.isImage = isImage
  }

  /** Everything at or below `path`, or that one stream of it, is unknown. */
  addUnreadable(path: string, stream: string | null): void {
    // A path may also come back without a usable name.
    const isNoPath = path === '' || (this.isImage && LOST_PART.test(path))
    if (isNoPath || this.#carriers.size + this.#streams.size >= MAX_REMEMBERED_PLACES) {
      this.#hasUnknownPlaces = true
    } else if (stream === null) {
      this.#carriers.add(path)
    } else {
      this.#streams.add(streamPlace(path, stream))
    }
  }

  /** The scan of this root reached its end. */
  complete(): void {
    this.#isComplete = true
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  /** No statement about anything under this root is possible. */
  get isUnknown(): boolean {
    return !this.#isComplete || this.#hasUnknownPlaces
  }

  isUnreadable(path: string, stream: string): boolean {
    if (this.#streams.has(streamPlace(path, stream))) return true
    return this.#carriers.size > 0 && placesAbove(path).some((place) => this.#carriers.has(place))
  }

  /** Folders share one space of paths, so that one root may lie in another; an image has its own. */
  contains(path: string): boolean {
    return !this.isImage && placesAbove(path).includes(withoutTrailingSlash(this.root))
  }
}

/** Whether this scan would have seen the stream if it were still there. `root`: where it was last seen. */
export function wasLookedAt(
  stream: ReportedStream,
  root: string,
  coverages: readonly RootCoverage[],
): boolean {
  const own = coverages.find((coverage) => coverage.root === root)
  if (own?.isUnknown) return false
  return coverages.every((coverage) => {
    if (coverage !== own && (coverage.isImage || own?.isImage)) return true
    // With hard links, any path that could not be looked at may still lead to the stream.
    return stream.links.every(
      (link) =>
        !coverage.isUnreadable(link, stream.stream) &&
        !(coverage.isUnknown && coverage.contains(link)),
    )
  })
}

function streamPlace(path: string, stream: string): string {
  return `${path}\0${stream}`
}

/**
 * The path itself and every folder above it. Both separators count: where `\` is part of a Linux name,
 * this protects at most too much.
 */
function placesAbove(path: string): string[] {
  const places = [path]
  for (let i = path.length - 1; i >= 0; i--) {
    if (path[i] !== '/' && path[i] !== '\\') continue
    places.push(i === 0 ? path.slice(0, 1) : path.slice(0, i))
  }
  places.push('.')
  return places
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 ? path.replace(/[\\/]+$/, '') || '/' : path
}
