/**
 * Query → function that answers for one stream. For whoever has streams in hand and no database: an agent
 * that is asked now, a rule, and the tests that hold the SQL of central against the meaning of the language.
 */
import type { ReportedStream } from '../../protocol/stream.ts'
import { hostOfUrl } from '../host-of-url.ts'
import { extensionOf, fileNameOf, folderOf } from '../path-parts.ts'
import type { Query, TextField } from './ast.ts'
import { fields } from './fields.ts'
import { textMatcher } from './glob-match.ts'

/** A stream and what is known about it. Times are milliseconds since 1970 UTC; null: not known. */
export interface QueriedStream {
  readonly stream: ReportedStream
  readonly machineId: string
  readonly hostname: string
  readonly labels: readonly string[]
  readonly firstSeenAt: number | null
  readonly lastSeenAt: number | null
  readonly goneAt: number | null
  /** Its first bytes; null where they were not read. */
  readonly content: Uint8Array | null
}

export type QueryMatcher = (subject: QueriedStream) => boolean

/** Patterns are prepared once, so that the function is cheap for millions of streams. */
export function queryMatcher(query: Query): QueryMatcher {
  switch (query.kind) {
    case 'all':
      return () => true
    case 'and': {
      const items = query.items.map(queryMatcher)
      return (subject) => items.every((matches) => matches(subject))
    }
    case 'or': {
      const items = query.items.map(queryMatcher)
      return (subject) => items.some((matches) => matches(subject))
    }
    case 'not': {
      // What has no value matches no condition, and so every negated one.
      const matches = queryMatcher(query.item)
      return (subject) => !matches(subject)
    }
    case 'text': {
      const { pattern, field } = query
      const values = TEXT_VALUES[field]
      const matches = textMatcher(pattern, CONTAINED.has(field))
      return (subject) => values(subject).some((value) => value !== null && matches(value))
    }
    case 'number': {
      const { min, max, field } = query
      return (subject) => isWithin(NUMBER_VALUES[field](subject), min, max)
    }
    case 'machines':
      throw new Error('only central knows machines by number')
    case 'zone-absent':
      return (subject) => NUMBER_VALUES.zone(subject) === null
    case 'time': {
      const { from, to, field } = query
      return (subject) => isWithin(TIME_VALUES[field](subject), from, to)
    }
  }
}

const CONTAINED: ReadonlySet<TextField> = new Set<TextField>([
  'any',
  ...fields.flatMap((field) =>
    field.type === 'text' && field.match === 'contains' ? [field.name] : [],
  ),
])

type Values<Value> = (subject: QueriedStream) => Value

const TEXT_VALUES: Record<TextField, Values<readonly (string | null)[]>> = {
  any: ({ stream }) => [stream.path, stream.stream],
  machine: ({ hostname, machineId }) => [hostname, machineId],
  label: ({ labels }) => labels,
  path: ({ stream }) => [stream.path],
  dir: ({ stream }) => [folderOf(stream.path)],
  name: ({ stream }) => [fileNameOf(stream.path)],
  ext: ({ stream }) => [extensionOf(fileNameOf(stream.path))],
  stream: ({ stream }) => [stream.stream],
  host: ({ stream }) => [hostOfUrl(stream.origin?.hostUrl ?? null)],
  referrer: ({ stream }) => [stream.origin?.referrerUrl ?? null],
  writer: ({ stream }) => [stream.origin?.lastWriterPackageFamilyName ?? null],
  verdict: ({ stream }) => [stream.verdict],
  rule: ({ stream }) => [stream.rule],
  sha256: ({ stream }) => [stream.sha256],
  content: ({ content }) => textsOf(content),
  kind: ({ stream }) => [stream.kind],
  volume: ({ stream }) => [stream.volumeId],
}

const NUMBER_VALUES: Record<'zone' | 'size', Values<number | null>> = {
  zone: ({ stream }) => stream.origin?.id ?? null,
  size: ({ stream }) => stream.sizeBytes,
}

const TIME_VALUES: Record<'first' | 'seen' | 'gone', Values<number | null>> = {
  first: ({ firstSeenAt }) => firstSeenAt,
  seen: ({ lastSeenAt }) => lastSeenAt,
  gone: ({ goneAt }) => goneAt,
}

/** Bytes have no encoding: what a Windows program writes is one of these two. */
function textsOf(content: Uint8Array | null): string[] {
  return content === null ? [] : ['utf-8', 'utf-16le'].map((name) => decode(content, name))
}

function decode(bytes: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes)
}

/** Bounds belong to it; null: open. An unknown value is within nothing. */
function isWithin(value: number | null, min: number | null, max: number | null): boolean {
  if (value === null) return false
  return (min === null || value >= min) && (max === null || value <= max)
}

/** Whether a query asks anything of this field. */
export function asksFor(
  query: Query,
  field: TextField | 'zone' | 'size' | 'first' | 'seen' | 'gone',
): boolean {
  switch (query.kind) {
    case 'and':
    case 'or':
      return query.items.some((item) => asksFor(item, field))
    case 'not':
      return asksFor(query.item, field)
    case 'zone-absent':
      return field === 'zone'
    case 'text':
    case 'number':
    case 'time':
      return query.field === field
    case 'all':
    case 'machines':
      return false
  }
}
