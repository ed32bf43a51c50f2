/** One stream under one path, as any of the readers lists it. */
export interface ListedStream {
  /** Relative to the volume's root, with `/`; the root itself is `.`. */
  readonly path: string
  readonly stream: string
  /** Null where the reader does not tell, or could not read the content. */
  readonly sha256: string | null
}

/** A place that a reader could not look at. */
export interface Unreadable {
  readonly path: string
  readonly reason: string
}

/** What a reader showed of the volume; or why it showed nothing at all. */
export type Listing =
  | { readonly streams: readonly ListedStream[]; readonly unreadable: readonly Unreadable[] }
  | { readonly refused: string }

export const keyOf = ({ path, stream }: Pick<ListedStream, 'path' | 'stream'>): string =>
  `${path}:${stream}`
