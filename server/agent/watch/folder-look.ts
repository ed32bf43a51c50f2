/**
 * Looks again at the places on a live folder that notices named, and brings the inventory to what is there now.
 * A notice only says where: every carrier that was or is at such a place is read again under all its names.
 */
import { dirname } from 'node:path'
import { scanTarget } from '../../../native/scan.ts'
import type { NativeChangedPlace } from '../../../native/watch.ts'
import type { FileIdentity } from '../../protocol/ids.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import { wasLookedAt } from '../inventory/coverage.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { isAtOrBelow } from '../scan/scope.ts'
import type { PlaceStore } from '../state/place-store.ts'
import {
  goneAmong,
  keyOf,
  type LookedRoot,
  type LookTools,
  type NamedCarriers,
  scanNamed,
} from './scan-named.ts'

/** Streams and paths of one look. A scan of everything is cheaper than more, and holds less in memory. */
const MOST_IN_ONE_LOOK = 5_000
/** A carrier's names can lead to further ones, while somebody links and unlinks. */
const MOST_ROUNDS = 4

export interface FolderLookTools extends LookTools {
  readonly inventory: Inventory
  readonly places: PlaceStore
}

/** Why a look could not tell everything, in words that end "a full scan because …"; null if it did. */
export type LookResult = string | null

export class FolderLook {
  readonly #tools: FolderLookTools
  readonly #root: LookedRoot
  /** Carriers whose other names were searched for by a scan already: they are outside of the scope. */
  readonly #searched = new Set<string>()

  constructor(tools: FolderLookTools, root: LookedRoot) {
    this.#tools = tools
    this.#root = root
  }

  async run(changed: readonly NativeChangedPlace[], signal: AbortSignal): Promise<LookResult> {
    const inScope = changed.filter(({ path }) => this.#isInScope(path))
    const trees = topmost(inScope.filter(({ isWholeTree }) => isWholeTree).map(({ path }) => path))
    const places = inScope.map(({ path }) => path)
    const known = this.#knownAt(places, trees)
    const paths = new Set([...places, ...[...known.values()].flatMap(({ links }) => links)])
    for (const tree of trees) await this.#addPathsOfTree(tree, paths, signal)
    if (known.size > MOST_IN_ONE_LOOK || paths.size > MOST_IN_ONE_LOOK) {
      return 'more was changed at once than can be looked at one by one'
    }
    const found = await this.#readAll(paths, known, signal)
    const gone = goneAmong(known.values(), found.reports, (stream) =>
      wasLookedAt(stream, this.#root.root, [found.coverage]),
    )
    this.#tools.inventory.recordLook(this.#root.root, { present: found.reports, gone })
    return this.#judge(found)
  }

  #isInScope(path: string): boolean {
    const { scope } = this.#tools
    return isAtOrBelow(this.#root.root, path) && scope.rootOf(path) !== null
  }

  #knownAt(places: readonly string[], trees: readonly string[]): Map<string, ReportedStream> {
    const limit = MOST_IN_ONE_LOOK + 1
    const known = new Map<string, ReportedStream>()
    // What comes into a folder or goes changes the folder's own time, and that is no notice of its own.
    for (const place of new Set([...places, ...places.map((path) => dirname(path))])) {
      this.#addKnown(known, this.#tools.places.at(place, limit))
    }
    for (const tree of trees) this.#addKnown(known, this.#tools.places.below(tree, limit))
    return known
  }

  /** Another volume that was mounted here has streams of its own, which say nothing of this one. */
  #addKnown(known: Map<string, ReportedStream>, streams: readonly ReportedStream[]): void {
    for (const stream of streams) {
      if (stream.volumeId === this.#root.volumeId) known.set(keyOf(stream), stream)
    }
  }

  /** Which carriers there are below a folder that came or moved. */
  async #addPathsOfTree(tree: string, paths: Set<string>, signal: AbortSignal): Promise<void> {
    const { addon, scope } = this.#tools
    const options = {
      hash: false,
      contentBytes: 0,
      includeInternal: false,
      exclude: scope.exclude,
      batchStreams: 1_000,
      background: true,
      hints: scope.hints,
    }
    try {
      for await (const chunk of scanTarget(addon, tree, options, signal)) {
        for (const { links } of chunk.streams) for (const link of links) paths.add(link)
        for (const { path } of chunk.unreadable) paths.add(path)
        if (paths.size > MOST_IN_ONE_LOOK) return
      }
    } catch (error) {
      signal.throwIfAborted()
      // It has gone on, or is something else by now. What is there is looked at by its path, too.
      if (!isDiskAnswer(error)) throw error
    }
  }

  /** Until every carrier was read under all the names that are known of it. */
  async #readAll(
    paths: Set<string>,
    known: Map<string, ReportedStream>,
    signal: AbortSignal,
  ): Promise<NamedCarriers> {
    for (let round = 1; ; round++) {
      const found = await scanNamed(this.#tools, this.#root, [...paths], signal)
      const before = paths.size
      for (const identity of new Set(found.reports.map((report) => report.identity))) {
        const streams = this.#tools.places.ofCarrier(this.#root.volumeId, identity as FileIdentity)
        this.#addKnown(known, streams)
        for (const { links } of streams) for (const link of links) paths.add(link)
      }
      if (paths.size === before || round === MOST_ROUNDS) return found
    }
  }

  #judge({ withMoreLinks, coverage }: NamedCarriers): LookResult {
    if (coverage.isUnknown) return 'what changed could not be read'
    const unsearched = [...withMoreLinks].filter((identity) => !this.#searched.has(identity))
    for (const identity of unsearched) this.#searched.add(identity)
    return unsearched.length > 0 ? 'a carrier has hard links at places that are not known' : null
  }
}

/** Without those that lie in another. */
function topmost(folders: readonly string[]): string[] {
  return folders.filter(
    (folder) => !folders.some((other) => other !== folder && isAtOrBelow(other, folder)),
  )
}

function isDiskAnswer(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && code.startsWith('ADS_')
}
