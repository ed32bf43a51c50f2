/**
 * What a query means, after parsing: a tree of conditions on streams. Plain data, so that it can be sent
 * to a worker thread or to a machine. Central compiles it to SQL, evaluate-query.ts evaluates it in memory.
 */

/**
 * Text fields: a `pattern` is compared without regard to ASCII case; `*` and `?` are globs, `\` takes
 * the next character as it is. `contains` fields match anywhere in the value when the pattern has no
 * wildcard; the others match the whole value.
 */
export type TextField =
  | 'any' // bare word: path or stream name, contains
  | 'machine' // hostname or machine id, whole
  | 'label' // one of the machine's labels, whole
  | 'path' // contains
  | 'dir' // folder part of the path, contains
  | 'name' // file name part of the path, whole
  | 'ext' // extension without the dot, whole
  | 'stream' // stream name, whole
  | 'host' // host name of HostUrl, whole
  | 'referrer' // ReferrerUrl, contains
  | 'writer' // LastWriterPackageFamilyName, contains
  | 'verdict' // whole
  | 'rule' // whole
  | 'sha256' // whole
  | 'kind' // file or directory, whole
  | 'volume' // volume id, whole
  | 'content' // text in the content, contains; no inventory has it, only machines do

export type Query =
  | { kind: 'all' }
  | { kind: 'and'; items: readonly Query[] }
  | { kind: 'or'; items: readonly Query[] }
  | { kind: 'not'; item: Query }
  | { kind: 'text'; field: TextField; pattern: string }
  /** Which machines, as central numbers them. No text says it: it is how central keeps a query within a scope. */
  | { kind: 'machines'; machineNos: readonly number[] }
  /** Inclusive bounds; null: open. `zone:none` is `zone-absent`. */
  | { kind: 'number'; field: 'zone' | 'size'; min: number | null; max: number | null }
  | { kind: 'zone-absent' }
  /** Milliseconds since 1970 UTC, inclusive; null: open. `first`: first seen, `seen`: last seen. */
  | { kind: 'time'; field: 'first' | 'seen' | 'gone'; from: number | null; to: number | null }

/** A query that cannot be understood. `position` and `length` count UTF-16 units of the text. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly position: number
  readonly length: number

  constructor(message: string, position: number, length: number) {
    super(message)
    this.position = position
    this.length = length
  }
}
