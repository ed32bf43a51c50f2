/**
 * RFC 4180, for spreadsheets. Whoever wrote a stream chose its name and URL: a cell that a spreadsheet
 * would calculate gets an apostrophe before it, and characters that cannot be seen are shown as escapes.
 */
import { type Options, stringify } from 'csv-stringify/sync'
import { displayName } from '../streams/display-name.ts'
import type { ListingExtras, ListingWriter } from './listing-format.ts'
import { MAX_CONTENT_BYTES } from './scan-options.ts'
import type { StreamRecord } from './stream-record.ts'

const COLUMNS = [
  'path',
  'stream',
  'size',
  'kind',
  'allocated',
  'modified',
  'resident',
  'zone',
  'hostUrl',
  'referrerUrl',
  'verdict',
  'rule',
  'links',
]

const OPTIONS: Options = { escape_formulas: true, record_delimiter: '\r\n' }

export function csvListing(extras: ListingExtras): ListingWriter {
  const columns = [
    ...COLUMNS,
    ...(extras.deleted ? ['deleted'] : []),
    ...(extras.hash ? ['sha256'] : []),
    ...(extras.content ? ['content', 'contentTruncated'] : []),
  ]
  let header = stringify([columns], OPTIONS)
  const takeHeader = () => {
    const text = header
    header = ''
    return text
  }
  return {
    add(records) {
      const rows = Array.from(records, (record) => toRow(record, extras))
      return rows.length === 0 ? '' : takeHeader() + stringify(rows, OPTIONS)
    },
    // An empty listing still says its columns.
    end: takeHeader,
  }
}

function toRow(record: StreamRecord, extras: ListingExtras): unknown[] {
  const { content, zone } = record
  return [
    displayName(record.path),
    displayName(record.stream),
    record.size,
    record.kind,
    record.allocated,
    record.modified,
    String(record.resident),
    zone?.id,
    displayName(zone?.hostUrl ?? ''),
    displayName(zone?.referrerUrl ?? ''),
    record.verdict,
    record.rule,
    // `|` cannot be part of a Windows name.
    record.links.map(displayName).join('|'),
    ...(extras.deleted ? [String(record.deleted)] : []),
    ...(extras.hash ? [record.sha256] : []),
    ...(extras.content
      ? [
          content === null ? null : Buffer.from(content).toString('base64'),
          String(record.size > BigInt(MAX_CONTENT_BYTES)),
        ]
      : []),
  ]
}
