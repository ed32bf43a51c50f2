/**
 * Notices of what changes below a live folder, from the moment that a watch stands. Beside the journals of
 * volumes (`NativeJournals` in addon.ts), which also know what changed while nobody looked.
 */

/**
 * Why notices were missed, so that only a full scan will do: `overflow` the system dropped some;
 * `too-many-changes` more than the watch was to keep; `samba-depot` streams that Samba keeps in files of their own
 * changed, and no notice says whose; `target-moved` the folder or one above it was moved, made or removed.
 */
export type NativeLostReason = 'overflow' | 'too-many-changes' | 'samba-depot' | 'target-moved'

/** Somewhere to look again. What is there is for whoever looks to find out; it may be nothing. */
export interface NativeChangedPlace {
  /** As a scan of the target shows it. */
  readonly path: string
  readonly isFolder: boolean
  /** It came, went or moved with all that is below it. */
  readonly isWholeTree: boolean
}

export interface NativeWatchedChanges {
  /** Null: `places` is all that changed since the answer before. Else `places` is empty. */
  readonly lost: NativeLostReason | null
  readonly places: readonly NativeChangedPlace[]
}

export interface NativeWatch {
  /**
   * What changed since the answer before, as soon as there is something. The first answer is empty and comes when
   * the watch stands: from then on nothing is missed. Rejects where it cannot stand (`ADS_ACCESS_DENIED`,
   * `ADS_UNSUPPORTED`) or go on (`ADS_IDENTITY_CHANGED`: something else is mounted there now), for good.
   */
  next(): Promise<NativeWatchedChanges>
  /** Idempotent. A `next()` that waits rejects with `ADS_CANCELLED`. */
  close(): void
}

export interface NativeWatches {
  /**
   * Watches a live folder, with all that is mounted below it. Linux, with the privileges that the kernel asks
   * for; elsewhere `next()` rejects with `ADS_UNSUPPORTED`. Keeps at most `mostPlaces` between two answers.
   */
  watchChanges(target: string, mostPlaces: number): NativeWatch
}
