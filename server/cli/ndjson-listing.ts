/**
 * One JSON object a line. Names are exact: `JSON.stringify` writes lone surrogates as escapes. Numbers are
 * written from bigints, digit for digit; a reader that needs sizes above 2^53 must not parse into a double.
 */
import type { ListingExtras, ListingWriter } from './listing-format.ts'
import { MAX_CONTENT_BYTES, type StreamRecord } from './stream-record.ts'

export function ndjsonListing(extras: ListingExtras): ListingWriter {
  return {
    add: (records) => records.map((record) => `${toJson(record, extras)}\n`).join(''),
    end: () => '',
  }
}

export function toJson(record: StreamRecord, extras: ListingExtras): string {
  const text = JSON.stringify
  return (
    `{"path":${text(record.path)},"stream":${text(record.stream)},"size":${record.size}` +
    `,"kind":"${record.kind}","allocated":${record.allocated},"modified":"${record.modified}"` +
    `,"resident":${record.resident},"zone":${text(record.zone)},"verdict":"${record.verdict}"` +
    `,"rule":"${record.rule}","links":${text(record.links)}` +
    (extras.hash ? `,"sha256":${text(record.sha256)}` : '') +
    (extras.content ? contentFields(record) : '') +
    '}'
  )
}

function contentFields({ content, size }: StreamRecord): string {
  if (content === null) return ',"content":null'
  const base64 = Buffer.from(content.buffer, content.byteOffset, content.length).toString('base64')
  const isTruncated = size > BigInt(MAX_CONTENT_BYTES)
  return `,"content":"${base64}"${isTruncated ? ',"contentTruncated":true' : ''}`
}
