/** Where candidates come from: a way through an index, in the order of that index, resumable at any key. */

export type Key = readonly (string | number)[]

export interface Candidate {
  readonly key: Key
  /** An item_no or a stream_id. */
  readonly no: number
}

export interface Batch {
  readonly candidates: readonly Candidate[]
  /** Go on after this; null: that was all. May be further than the last candidate. */
  readonly next: Key | null
}

export interface Source {
  readonly of: 'items' | 'streams'
  /** For people: what the candidates are found by, and in which order they come. */
  readonly driver: string
  readonly order: string
  /** Streams that the candidates stand for; a guess where counting would take too long. */
  readonly estimate: number
  /** About `limit` candidates after the key; null: from the start. */
  next(after: Key | null, limit: number): Batch
}

/** Nothing can match. */
export const NO_SOURCE: Source = {
  of: 'items',
  driver: 'nothing: no class, machine or name fits',
  order: 'none',
  estimate: 0,
  next: () => ({ candidates: [], next: null }),
}
