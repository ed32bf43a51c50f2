/**
 * One JSON object a line. Names are exact: `JSON.stringify` writes lone surrogates as escapes. Sizes are
 * written digit for digit; a reader that needs those above 2^53 must not parse into a double.
 */
import type { ListingExtras, ListingWriter } from './listing-format.ts'
import { MAX_CONTENT_BYTES } from './scan-options.ts'
import type { StreamRecord } from './stream-record.ts'

export function ndjsonListing(extras: ListingExtras): ListingWriter {
  return {
    add(records) {
      // Joined once: a text that grows line by line is put together anew when it is written.
      const lines = Array.from(records, (record) => toJson(record, extras))
      return lines.length === 0 ? '' : `${lines.join('\n')}\n`
    },
    end: () => '',
  }
}

/** One literal and one call: by far the fastest way that V8 has from fields to a line. */
export function toJson(record: StreamRecord, extras: ListingExtras): string {
  const line = {
    path: record.path,
    stream: record.stream,
    size: wholeNumber(record.size),
    kind: record.kind,
    allocated: wholeNumber(record.allocated),
    modified: record.modified,
    resident: record.resident,
    zone: record.zone,
    verdict: record.verdict,
    rule: record.rule,
    links: record.links,
  }
  if (!extras.hash && !extras.content && !record.deleted) return JSON.stringify(line)
  return JSON.stringify({
    ...line,
    ...(record.deleted ? { deleted: true } : {}),
    ...(extras.hash ? { sha256: record.sha256 } : {}),
    ...(extras.content ? contentFields(record) : {}),
  })
}

function wholeNumber(size: bigint): unknown {
  const number = Number(size)
  return number <= Number.MAX_SAFE_INTEGER ? number : rawJson(String(size))
}

/** TypeScript's library does not know it yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (text: string) => unknown }

function contentFields({ content, size }: StreamRecord): Record<string, unknown> {
  if (content === null) return { content: null }
  const base64 = Buffer.from(content.buffer, content.byteOffset, content.length).toString('base64')
  const isTruncated = size > BigInt(MAX_CONTENT_BYTES)
  return { content: base64, ...(isTruncated ? { contentTruncated: true } : {}) }
}
