import type { StreamRecord } from './stream-record.ts'

export const LISTING_FORMATS = ['table', 'ndjson', 'csv'] as const
export type ListingFormat = (typeof LISTING_FORMATS)[number]

/** What a record carries beyond what every record has. */
export interface ListingExtras {
  readonly hash: boolean
  readonly content: boolean
  /** Whether records of deleted files may come; each says of itself if it is one. */
  readonly deleted: boolean
}

/** Turns records into text as they come; nothing is kept longer than the format needs. */
export interface ListingWriter {
  /** The text to write now; empty if it waits for more. Takes each record once, in turn. */
  add(records: Iterable<StreamRecord>): string
  /** What is left, when everything was listed. */
  end(): string
}
