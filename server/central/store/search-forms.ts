/**
 * What is searched of a stream: TEXT forms derived from the exact values. They may be lossy, so they
 * are compared with and never given back as the value itself, unless `isExact` says that they are.
 */
import type { ReportedStream } from '../../protocol/stream.ts'
import { hostOfUrl } from '../../streams/host-of-url.ts'
import { extensionOf, fileNameOf } from '../../streams/path-parts.ts'
import { searchForm } from '../../streams/query/search-form.ts'

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

export function isExact(text: string): boolean {
  return searchForm(text) === text
}

function searchFormOrNull(text: string | null): string | null {
  return text === null ? null : searchForm(text)
}
