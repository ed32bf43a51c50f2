import type { WatchedRoot } from '../../protocol/watch.ts'

/** What a feed needs of whoever runs it. */
export interface FeedHost {
  /** Changes were missed: only a full scan brings this root into step again. */
  needsScan(root: string, why: string): void
  /** Something went wrong that is no answer of the disk. */
  failed(root: string, error: unknown): void
}

/**
 * Brings what changes below one scope root into the inventory. Out of step until a full scan that began while
 * the feed stood has covered its root, or where a journal goes on from where the inventory is.
 */
export interface Feed {
  readonly root: string
  /** Nothing tells of changes and there may be many: it is to be scanned more often. */
  readonly needsWalks: boolean
  /** Returns once it stands, or has found that it cannot. */
  start(): Promise<void>
  /** A full scan begins after this. */
  scanBegins(): Promise<void>
  /** It ended; `isCovered`: this root was scanned to its end. */
  scanEnded(isCovered: boolean): void
  status(): WatchedRoot
  close(): Promise<void>
}

/** When what a feed does begins and ends, for tests that cannot wait. */
export interface WatchTimings {
  /** Between two looks at a journal. */
  readonly pollMs: number
  /** After this the system has written to the disk what a journal told of. */
  readonly settleMs: number
  /** Between two looks at what notices named; longer where a look takes long. */
  readonly restMs: number
  /** After one scan for the sake of missed changes, the next begins no sooner. */
  readonly rescanMs: number
  /** Between two scans where a feed needs walks. */
  readonly walkMs: number
  /** Places that are kept between two looks. */
  readonly mostPlaces: number
}

export const DEFAULT_WATCH_TIMINGS: WatchTimings = {
  pollMs: 2_000,
  settleMs: 10_000,
  restMs: 250,
  rescanMs: 60_000,
  walkMs: 15 * 60_000,
  mostPlaces: 20_000,
}
