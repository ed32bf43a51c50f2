/**
 * What a query means, said as plainly as it can be: one stream at a time, in memory. The engine's plans
 * are held against it.
 */
import type {
  Presence,
  StoredStream,
} from '../../../../server/central/store/inventory/inventory-engine.ts'
import { hostOfUrl } from '../../../../server/streams/host-of-url.ts'
import type { Query, TextField } from '../../../../server/streams/query/ast.ts'

export interface KnownStream extends StoredStream {
  labels: readonly string[]
}

export function naiveSearch(
  streams: readonly KnownStream[],
  query: Query,
  presence: Presence,
): KnownStream[] {
  const effective = presence === 'live' && mentionsGone(query) ? 'any' : presence
  return streams.filter(
    (stream) =>
      (effective === 'any' || (effective === 'gone') === (stream.goneAt !== null)) &&
      holds(query, stream),
  )
}

function mentionsGone(query: Query): boolean {
  if (query.kind === 'and' || query.kind === 'or') return query.items.some(mentionsGone)
  if (query.kind === 'not') return mentionsGone(query.item)
  return query.kind === 'time' && query.field === 'gone'
}

export function holds(query: Query, stream: KnownStream): boolean {
  switch (query.kind) {
    case 'all':
      return true
    case 'and':
      return query.items.every((item) => holds(item, stream))
    case 'or':
      return query.items.some((item) => holds(item, stream))
    case 'not':
      return !holds(query.item, stream)
    case 'text': {
      const { values, isContained } = textOf(query.field, stream)
      const pattern = toRegExp(query.pattern, isContained)
      return values.some((value) => value !== null && pattern.test(fold(value)))
    }
    case 'number': {
      const value = query.field === 'size' ? stream.sizeBytes : (stream.origin?.id ?? null)
      return isWithin(value, query.min, query.max)
    }
    case 'machines':
      // The fleet's machines are numbered in the order of their ids.
      return query.machineNos.includes(Number(stream.machineId.at(-1)) + 1)
    case 'zone-absent':
      return (stream.origin?.id ?? null) === null
    case 'time': {
      const { firstSeenAt, lastSeenAt, goneAt } = stream
      const value = { first: firstSeenAt, seen: lastSeenAt, gone: goneAt }[query.field]
      return isWithin(value, query.from, query.to)
    }
  }
}

function isWithin(value: number | null, min: number | null, max: number | null): boolean {
  return value !== null && (min === null || value >= min) && (max === null || value <= max)
}

function textOf(
  field: TextField,
  stream: KnownStream,
): { values: readonly (string | null)[]; isContained: boolean } {
  const contained = (...values: (string | null)[]) => ({ values, isContained: true })
  const whole = (...values: (string | null)[]) => ({ values, isContained: false })
  const separator = stream.path.startsWith('/') ? '/' : '\\'
  const cut = stream.path.lastIndexOf(separator)
  const name = stream.path.slice(cut + 1)
  const dot = name.lastIndexOf('.')
  switch (field) {
    case 'any':
      return contained(stream.path, stream.stream)
    case 'machine':
      return whole(stream.hostname, stream.machineId)
    case 'label':
      return whole(...stream.labels)
    case 'path':
      return contained(stream.path)
    case 'dir':
      return contained(stream.path.slice(0, Math.max(cut, 0)))
    case 'name':
      return whole(name)
    case 'ext':
      return whole(dot > 0 ? name.slice(dot + 1) : '')
    case 'stream':
      return whole(stream.stream)
    case 'host':
      return whole(hostOfUrl(stream.origin?.hostUrl ?? null))
    case 'referrer':
      return contained(stream.origin?.referrerUrl ?? null)
    case 'writer':
      return contained(stream.origin?.lastWriterPackageFamilyName ?? null)
    case 'verdict':
      return whole(stream.verdict)
    case 'rule':
      return whole(stream.rule)
    case 'sha256':
      return whole(stream.sha256)
    case 'kind':
      return whole(stream.kind)
    case 'volume':
      return whole(stream.volumeId)
    case 'content':
      throw new Error('no inventory has content')
  }
}

/** Only ASCII letters are alike; what UTF-8 cannot hold, and NUL, is U+FFFD to a search. */
function fold(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('\0', '\uFFFD')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function toRegExp(pattern: string, isContained: boolean): RegExp {
  const source = [...fold(pattern).matchAll(/\\(.)|(.)/gsu)].map(([, escaped, plain]) =>
    escaped === undefined && plain === '*'
      ? '.*'
      : escaped === undefined && plain === '?'
        ? '.'
        : RegExp.escape(escaped ?? plain!),
  )
  const hasWildcard = /[*?]/.test(pattern.replace(/\\./gs, ''))
  const all = source.join('')
  return new RegExp(isContained && !hasWildcard ? all : `^${all}$`, 'su')
}
