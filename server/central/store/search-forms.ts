/**
 * What is searched of a stream: TEXT forms derived from the exact values. They may be lossy, so they
 * are compared with and never given back as the value itself, unless `isExact` says that they are.
 */
import type { ReportedStream } from '../../protocol/stream.ts'
import { hostOfUrl } from '../../streams/host-of-url.ts'

export interface SearchForms {
  path: string
  fileName: string
  extension: string
  streamName: string
  zone: number | null
  host: string | null
  referrer: string | null
  writer: string | null
}

export function searchForms(stream: ReportedStream): SearchForms {
  const path = searchForm(stream.path)
  const fileName = fileNameOf(path)
  const origin = stream.origin
  return {
    path,
    fileName,
    extension: extensionOf(fileName),
    streamName: searchForm(stream.stream),
    zone: origin?.id ?? null,
    host: searchFormOrNull(hostOfUrl(origin?.hostUrl ?? null)),
    referrer: searchFormOrNull(origin?.referrerUrl ?? null),
    writer: searchFormOrNull(origin?.lastWriterPackageFamilyName ?? null),
  }
}

/** Unpaired surrogates have no UTF-8 form, and SQLite's LIKE stops at a NUL: both become U+FFFD. */
export function searchForm(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

export function isExact(text: string): boolean {
  return searchForm(text) === text
}

function searchFormOrNull(text: string | null): string | null {
  return text === null ? null : searchForm(text)
}

/**
 * The last part of a path. A path from `/` on has POSIX separators only, where `\` is a letter like any
 * other; every other path is a Windows one.
 */
export function fileNameOf(path: string): string {
  const separator = path.startsWith('/') ? '/' : '\\'
  return path.slice(path.lastIndexOf(separator) + 1)
}

/** Lower case, without the dot; `.profile` has none. */
export function extensionOf(fileName: string): string {
  const dot = fileName.lastIndexOf('.')
  return dot > 0 ? fileName.slice(dot + 1).toLowerCase() : ''
}
