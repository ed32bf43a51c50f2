import type { WatchedRoot } from '../../protocol/watch.ts'
import type { Feed } from './feed.ts'

/** A scope root of whose changes nobody can tell: scans find them. */
export class ScanFeed implements Feed {
  readonly root: string
  readonly needsWalks = false
  readonly #why: string

  constructor(root: string, why: string) {
    this.root = root
    this.#why = why
  }

  async start(): Promise<void> {}
  async scanBegins(): Promise<void> {}
  scanEnded(): void {}
  async close(): Promise<void> {}

  status(): WatchedRoot {
    const message = this.#why.slice(0, 1_024)
    return { root: this.root, how: 'scans', isInStep: false, since: null, message }
  }
}
