/**
 * The class of a stream: all of its report that has few values, combined. As JSON it is exact, unpaired
 * surrogates included, and the same text for the same class.
 */
import type { Origin, ReportedStream, VerdictName } from '../../../protocol/stream.ts'
import { hostOfUrl } from '../../../streams/host-of-url.ts'
import { extensionOf, fileNameOf } from '../../../streams/path-parts.ts'
import { searchForm } from '../../../streams/query/search-form.ts'

/** The parts of an origin that have few values. */
type ClassOrigin = Pick<
  Origin,
  'id' | 'lastWriterPackageFamilyName' | 'appZoneId' | 'appDefinedZoneId'
>

export interface StreamClass {
  stream: string
  kind: ReportedStream['kind']
  verdict: VerdictName
  rule: string
  origin: ClassOrigin | null
  /** Of the host URL, for search. */
  host: string | null
  /** Of the carrier, for search. */
  extension: string
}

export function classOf({
  stream,
  kind,
  verdict,
  rule,
  origin,
  path,
}: ReportedStream): StreamClass {
  const host = hostOfUrl(origin?.hostUrl ?? null)
  return {
    stream,
    kind,
    verdict,
    rule,
    origin,
    host: host === null ? null : searchForm(host),
    extension: extensionOf(fileNameOf(searchForm(path))),
  }
}

export function classDefinition(of: StreamClass): string {
  const origin = of.origin && [
    of.origin.id,
    of.origin.lastWriterPackageFamilyName,
    of.origin.appZoneId,
    of.origin.appDefinedZoneId,
  ]
  return JSON.stringify([of.stream, of.kind, of.verdict, of.rule, origin, of.host, of.extension])
}

export function parseClassDefinition(definition: string): StreamClass {
  const [stream, kind, verdict, rule, origin, host, extension] = JSON.parse(definition)
  return {
    stream,
    kind,
    verdict,
    rule,
    origin: origin && {
      id: origin[0],
      lastWriterPackageFamilyName: origin[1],
      appZoneId: origin[2],
      appDefinedZoneId: origin[3],
    },
    host,
    extension,
  }
}
