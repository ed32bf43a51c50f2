/** Looks again at the files that a volume's change journal named, by their identity. */
import type { NativeChangedFile } from '../../../native/addon.ts'
import type { FileIdentity } from '../../protocol/ids.ts'
import type { ReportedStream } from '../../protocol/stream.ts'
import { wasLookedAt } from '../inventory/coverage.ts'
import type { Inventory, Look } from '../inventory/inventory.ts'
import { isAtOrBelow, pathOnVolume } from '../scan/scope.ts'
import type { PlaceStore } from '../state/place-store.ts'
import { goneAmong, type LookedRoot, type LookTools, scanNamed } from './scan-named.ts'

/** With so many carriers a scan is as cheap as looking at each. */
const MOST_MOVED = 10_000
const AT_ONCE = 2_000

/** Of winioctl.h. */
const REASON_RENAME_NEW_NAME = 0x2000

export interface JournalLookTools extends LookTools {
  readonly inventory: Inventory
  readonly places: PlaceStore
}

export class JournalLook {
  readonly #tools: JournalLookTools
  readonly #root: LookedRoot

  constructor(tools: JournalLookTools, root: LookedRoot) {
    this.#tools = tools
    this.#root = root
  }

  /**
   * Null: all is in the inventory, and `alongside` was in the last of its commits. Else nothing was, and why
   * not, in words that end "a full scan because …".
   */
  async run(
    files: readonly NativeChangedFile[],
    alongside: () => void,
    signal: AbortSignal,
  ): Promise<string | null> {
    const identities = new Set(files.map(({ identity }) => identity))
    if (files.some(movedFolder)) {
      // What came out of an excluded folder was never seen.
      if (this.#tools.scope.exclude.length > 0) return 'a folder was moved, and some are excluded'
      const { places } = this.#tools
      const carriers = places.carriersOn(this.#root.volumeId, MOST_MOVED + 1)
      if (carriers.length > MOST_MOVED) return 'a folder was moved, and all paths may have changed'
      for (const identity of carriers) identities.add(identity)
    }
    const looks: Look[] = []
    for (let at = 0; at < identities.size; at += AT_ONCE) {
      const look = await this.#look([...identities].slice(at, at + AT_ONCE), signal)
      if (look === null) return 'what changed could not be read'
      looks.push(look)
    }
    const whole = {
      present: looks.flatMap(({ present }) => present),
      gone: looks.flatMap(({ gone }) => gone),
    }
    this.#tools.inventory.recordLook(this.#root.root, whole, alongside)
    return null
  }

  /** Null where something stood in the way, so that what is not seen may be there. */
  async #look(identities: readonly string[], signal: AbortSignal): Promise<Look | null> {
    const { places } = this.#tools
    const { volumeId, root } = this.#root
    const found = await scanNamed(this.#tools, this.#root, identities, signal)
    if (found.coverage.isUnknown) return null
    const present = found.reports.filter((report) => !this.#isExcluded(report))
    const known = identities.flatMap((identity) =>
      places.ofCarrier(volumeId, identity as FileIdentity),
    )
    const gone = goneAmong(known, present, (stream) => wasLookedAt(stream, root, [found.coverage]))
    return { present, gone }
  }

  /** On a volume that is walked, paths of exclusions are absolute and those of carriers relative to it. */
  #isExcluded({ path }: ReportedStream): boolean {
    const absolute = pathOnVolume(this.#root.root, path)
    return this.#tools.scope.exclude.some((folder) => isAtOrBelow(folder, absolute))
  }
}

/** All paths below it are others now, and nothing else says so. */
function movedFolder({ isDirectory, reasons }: NativeChangedFile): boolean {
  return isDirectory !== false && (reasons & REASON_RENAME_NEW_NAME) !== 0
}
