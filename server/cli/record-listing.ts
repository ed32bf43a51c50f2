/** The listings that are made record by record: tables, CSV, and NDJSON that is more or less than plain. */
import type { ScannedStream } from '../../native/scan.ts'
import { globMatcher } from '../shared/glob.ts'
import type { ListingWriter } from './listing-format.ts'
import type { ListingFlags, ScanListing } from './scan-listing.ts'
import { toRecord } from './stream-record.ts'
import type { Terminal } from './terminal.ts'

export async function recordListing(flags: ListingFlags, terminal: Terminal): Promise<ScanListing> {
  const writer = await listingWriter(flags, terminal)
  const isShown = flags.stream === undefined ? () => true : globMatcher(flags.stream)
  return {
    async add({ streams }) {
      let shown = 0
      // One record at a time: what is not kept costs the garbage collector nothing.
      function* records(found: readonly ScannedStream[]) {
        for (const stream of found) {
          if (!isShown(stream.name)) continue
          shown += 1
          yield toRecord(stream)
        }
      }
      const text = writer.add(records(streams))
      return { text, shown }
    },
    end: () => writer.end(),
  }
}

/** Each format is loaded only when it is asked for: starting must stay quick. */
async function listingWriter(flags: ListingFlags, terminal: Terminal): Promise<ListingWriter> {
  const extras = {
    hash: flags.hash === true,
    content: flags.content === true,
    deleted: flags.deleted === true,
  }
  if (flags.format === 'ndjson') {
    const { ndjsonListing } = await import('./ndjson-listing.ts')
    return ndjsonListing(extras)
  }
  if (flags.format === 'csv') {
    const { csvListing } = await import('./csv-listing.ts')
    return csvListing(extras)
  }
  const { tableListing } = await import('./table-listing.ts')
  return tableListing({ columns: terminal.columns, hasColor: terminal.hasColor })
}
