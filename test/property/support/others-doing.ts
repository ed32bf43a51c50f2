/** What a tree would be if nobody but the meddlers had written to it, replayed from what they say they did. */
import { createHash } from 'node:crypto'
import type { Deed, Entry, Snapshot } from './disk.ts'

/** A stretch of the monotonic clock. */
export interface Span {
  readonly from: bigint
  readonly to: bigint
}

export class OthersDoing {
  /** What succeeded, in the order of its end. */
  readonly deeds: readonly Deed[]
  readonly #streams = new Map<string, Map<string, string>>()
  readonly #contents = new Map<string, string>()

  constructor(entries: readonly Entry[], before: Snapshot, deeds: readonly Deed[]) {
    for (const { ino, paths, streams } of Object.values(before)) {
      const entry = entries.find(({ path }) => paths.includes(path))!
      this.#streams.set(ino, new Map(Object.entries(streams)))
      this.#contents.set(ino, entry.content)
    }
    this.deeds = deeds
      .filter(({ isDone }) => isDone)
      .sort((one, other) => (BigInt(one.to) < BigInt(other.to) ? -1 : 1))
    for (const deed of this.deeds) this.#replay(deed)
  }

  #replay({ operation, ino, made, value }: Deed): void {
    const { what, stream, text, streams, link } = operation
    if (what === 'write') this.#streams.get(ino)?.set(stream, value!)
    if (what === 'remove') this.#streams.get(ino)?.delete(stream)
    if (what === 'append') this.#contents.set(ino, this.#contents.get(ino) + text)
    if (what === 'replace') {
      this.#streams.set(made, new Map(Object.entries(streams)))
      this.#contents.set(made, text)
    }
    if (what === 'swap') {
      this.#streams.set(made, new Map())
      this.#contents.set(made, link)
    }
  }

  /** Of files that were there and those that were made. */
  has(ino: string): boolean {
    return this.#streams.has(ino)
  }
  streamsOf(ino: string): ReadonlyMap<string, string> {
    return this.#streams.get(ino)!
  }
  /** As a snapshot has it. */
  contentOf(ino: string, kind: 'file' | 'directory' | 'link'): string {
    const content = this.#contents.get(ino)!
    if (kind !== 'file') return kind === 'link' ? content : ''
    return createHash('sha256').update(content).digest('hex')
  }

  /** Those after which this path may lead elsewhere, or nowhere. */
  onPath(path: string): Deed[] {
    return this.deeds.filter(
      ({ operation: { what, path: other } }) =>
        ['delete', 'replace', 'rename', 'swap'].includes(what) &&
        (path === other || path.startsWith(`${other}/`)),
    )
  }
  onStream(ino: string, stream: string): Deed[] {
    return this.deeds.filter(
      (deed) =>
        deed.ino === ino &&
        ['write', 'remove'].includes(deed.operation.what) &&
        deed.operation.stream === stream,
    )
  }
  appendsTo(ino: string): Deed[] {
    return this.deeds.filter((deed) => deed.ino === ino && deed.operation.what === 'append')
  }
  /** That it may have no path any more. */
  mayHaveDeleted(ino: string): boolean {
    return this.deeds.some(
      (deed) => deed.ino === ino && ['delete', 'replace'].includes(deed.operation.what),
    )
  }
  /** That this folder's own times may be new. */
  wasIn(folder: string): boolean {
    return this.deeds.some(
      ({ parent, operation: { what } }) =>
        parent === folder && !['write', 'remove', 'append'].includes(what),
    )
  }
}

export function overlaps(deed: Deed, spans: readonly Span[]): boolean {
  return spans.some(({ from, to }) => from <= BigInt(deed.to) && BigInt(deed.from) <= to)
}
