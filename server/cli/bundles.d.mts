/** `[path below the checkout, bytes, time of change in ms]` */
type Source = [string, number, number]

export interface Bundle {
  /** Holds nothing else. */
  readonly folder: string
  /** Name of the file that is loaded first, without `.mjs`. */
  readonly entry: string
  /** A JSON file: what it was made of. */
  readonly sources: string
  /** Of the file that is loaded first. */
  readonly url: string
}

export const SCAN: Bundle
export const CLI: Bundle
export function freshBundle(bundle: Pick<Bundle, 'url' | 'sources'>): string | null
export function describeSource(path: string): Source
