/** One row of `stream` ↔ one reported stream, exactly, unpaired surrogates included. */
import type { FileIdentity, VolumeId } from '../../protocol/ids.ts'
import type { ReportedStream, VerdictName } from '../../protocol/stream.ts'
import { isExact, searchForms } from './search-forms.ts'

/** The columns that hold the report itself. */
export interface ReportRow {
  volume_id: string
  identity: string
  stream_name_utf16: Buffer
  path: string
  path_utf16: Buffer | null
  links_json: string | null
  kind: string
  size_bytes: number
  allocated_bytes: number
  is_resident: number
  modified_at: string
  sha256: string | null
  origin_json: string | null
  verdict: string
  rule: string
}

/** The columns that are only searched. */
export interface SearchRow {
  file_name: string
  extension: string
  stream_name: string
  zone: number | null
  host: string | null
  referrer: string | null
  writer: string | null
}

export function toUtf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le')
}

export function fromUtf16(blob: Buffer): string {
  return blob.toString('utf16le')
}

export function toStreamRow(stream: ReportedStream): ReportRow & SearchRow {
  const forms = searchForms(stream)
  const hasOnlyPath = stream.links.length === 1 && stream.links[0] === stream.path
  return {
    volume_id: stream.volumeId,
    identity: stream.identity,
    stream_name_utf16: toUtf16(stream.stream),
    path: forms.path,
    path_utf16: isExact(stream.path) ? null : toUtf16(stream.path),
    // JSON.stringify escapes unpaired surrogates, so JSON text is exact in a TEXT column.
    links_json: hasOnlyPath ? null : JSON.stringify(stream.links),
    kind: stream.kind,
    size_bytes: stream.sizeBytes,
    allocated_bytes: stream.allocatedBytes,
    is_resident: stream.isResident ? 1 : 0,
    modified_at: stream.modifiedAt,
    sha256: stream.sha256,
    origin_json: stream.origin === null ? null : JSON.stringify(stream.origin),
    verdict: stream.verdict,
    rule: stream.rule.toWellFormed(),
    file_name: forms.fileName,
    extension: forms.extension,
    stream_name: forms.streamName,
    zone: forms.zone,
    host: forms.host,
    referrer: forms.referrer,
    writer: forms.writer,
  }
}

export function fromReportRow(row: ReportRow): ReportedStream {
  const path = row.path_utf16 === null ? row.path : fromUtf16(row.path_utf16)
  return {
    volumeId: row.volume_id as VolumeId,
    identity: row.identity as FileIdentity,
    stream: fromUtf16(row.stream_name_utf16),
    path,
    links: row.links_json === null ? [path] : (JSON.parse(row.links_json) as string[]),
    kind: row.kind as ReportedStream['kind'],
    sizeBytes: row.size_bytes,
    allocatedBytes: row.allocated_bytes,
    isResident: row.is_resident === 1,
    modifiedAt: row.modified_at,
    sha256: row.sha256,
    origin:
      row.origin_json === null ? null : (JSON.parse(row.origin_json) as ReportedStream['origin']),
    verdict: row.verdict as VerdictName,
    rule: row.rule,
  }
}
