/** Rows of `stream` and of all that it points to → the report that they came from, exactly. */
import { LRUCache } from 'lru-cache'
import type { FileIdentity, VolumeId } from '../../../protocol/ids.ts'
import type { ReportedStream } from '../../../protocol/stream.ts'
import { fromUtf16 } from '../utf16.ts'
import { parseClassDefinition, type StreamClass } from './class-definition.ts'
import { decodeIdentity } from './identity-code.ts'
import { decodeTimestamp } from './timestamp-code.ts'

/** With `FROM` {@link REPORT_FROM_SQL}. */
export const REPORT_COLUMNS_SQL = `
  s.stream_id, v.volume_id, s.identity, s.modified_at, i.item_no, i.class_no, c.definition, f.path AS folder,
  f.utf16 AS folder_utf16, n.name AS file_name, n.utf16 AS file_name_utf16, i.size_bytes, i.allocated_bytes,
  i.is_resident, lower(hex(i.sha256)) AS sha256, h.url AS host_url, i.ends_with_name, r.url AS referrer,
  r.utf16 AS referrer_utf16, i.host_ip, i.links_json`

export const REPORT_FROM_SQL = `
  FROM stream AS s
  JOIN volume AS v ON v.volume_no = s.volume_no
  JOIN item AS i ON i.item_no = s.item_no
  JOIN class AS c ON c.class_no = i.class_no
  JOIN folder AS f ON f.folder_no = i.folder_no
  JOIN file_name AS n ON n.name_no = i.name_no
  LEFT JOIN host_url AS h ON h.host_url_no = i.host_url_no
  LEFT JOIN referrer AS r ON r.referrer_no = i.referrer_no`

export interface StoredReportRow {
  stream_id: number
  volume_id: string
  identity: number | string
  modified_at: number | string
  item_no: number
  class_no: number
  definition: string
  folder: string
  folder_utf16: Buffer | null
  file_name: string
  file_name_utf16: Buffer | null
  size_bytes: number
  allocated_bytes: number
  is_resident: number
  /** '' where there is none. */
  sha256: string
  host_url: string | Buffer | null
  ends_with_name: number
  referrer: string | null
  referrer_utf16: Buffer | null
  host_ip: string | null
  links_json: string | null
}

/** Classes are few, and their definitions are JSON. */
const definitions = new LRUCache<string, StreamClass>({ max: 10_000 })

export function fromStoredReport(row: StoredReportRow): ReportedStream {
  const streamClass = definitionOf(row.definition)
  const fileName = exactText(row.file_name, row.file_name_utf16) as string
  const path = (exactText(row.folder, row.folder_utf16) as string) + fileName
  return {
    volumeId: row.volume_id as VolumeId,
    identity: decodeIdentity(row.identity) as FileIdentity,
    stream: streamClass.stream,
    path,
    links: row.links_json === null ? [path] : (JSON.parse(row.links_json) as string[]),
    kind: streamClass.kind,
    sizeBytes: row.size_bytes,
    allocatedBytes: row.allocated_bytes,
    isResident: row.is_resident === 1,
    modifiedAt: decodeTimestamp(row.modified_at),
    sha256: row.sha256 || null,
    origin: originOf(row, streamClass, fileName),
    verdict: streamClass.verdict,
    rule: streamClass.rule,
  }
}

function originOf(
  row: StoredReportRow,
  { origin }: StreamClass,
  fileName: string,
): ReportedStream['origin'] {
  if (origin === null) return null
  const stored = row.host_url
  const hostUrl = stored === null || typeof stored === 'string' ? stored : fromUtf16(stored)
  return {
    id: origin.id,
    hostUrl: hostUrl !== null && row.ends_with_name === 1 ? hostUrl + fileName : hostUrl,
    referrerUrl: exactText(row.referrer, row.referrer_utf16),
    hostIpAddress: row.host_ip === null ? null : (JSON.parse(row.host_ip) as string),
    lastWriterPackageFamilyName: origin.lastWriterPackageFamilyName,
    appZoneId: origin.appZoneId,
    appDefinedZoneId: origin.appDefinedZoneId,
  }
}

function definitionOf(definition: string): StreamClass {
  let known = definitions.get(definition)
  if (known === undefined) {
    known = parseClassDefinition(definition)
    definitions.set(definition, known)
  }
  return known
}

function exactText(text: string | null, utf16: Buffer | null): string | null {
  return utf16 === null ? text : fromUtf16(utf16)
}
