import type { ReportedStream } from '../../../../server/protocol/stream.ts'

/** A valid report, with whatever matters to the test. */
export function aReport(fields: Partial<ReportedStream> = {}): ReportedStream {
  const path = fields.path ?? '/data/file'
  return {
    volumeId: 'fs-0000000000000001',
    identity: 'posix:1:1',
    stream: 'Zone.Identifier',
    path,
    links: [path],
    kind: 'file',
    sizeBytes: 26,
    allocatedBytes: 0,
    isResident: true,
    modifiedAt: '2026-11-22T10:00:00.0Z',
    sha256: 'a'.repeat(64),
    origin: null,
    verdict: 'unknown',
    rule: 'unknown-name',
    ...fields,
  } as ReportedStream
}

/** One of many streams, in one of its versions. */
export function reportOf(key: number, version: number): ReportedStream {
  return aReport({ identity: `posix:${key}:1` as never, sizeBytes: version })
}
