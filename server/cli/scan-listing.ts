/** What a scan writes, a chunk at a time. Code that the plain format never needs is loaded only when it is. */
import type { NativeScan } from '../../native/addon.ts'
import type { ScanChunk } from '../../native/scan.ts'
import type { ListingFormat } from './listing-format.ts'
import { isMadeOfLines } from './scan-options.ts'
import type { Terminal } from './terminal.ts'

export interface ListingFlags {
  readonly format: ListingFormat
  readonly hash?: true
  readonly content?: true
  readonly deleted?: true
  readonly stream?: string
}

export interface ScanListing {
  /** The text to write now, which holds only until the next chunk; empty if it waits for more. */
  add(chunk: ScanChunk, scan: NativeScan): Promise<ListedChunk>
  /** What is left, when everything was listed. */
  end(): string
}

export interface ListedChunk {
  readonly text: string | Uint8Array
  /** How many streams are in it, or in a text to come. */
  readonly shown: number
}

export async function scanListing(flags: ListingFlags, terminal: Terminal): Promise<ScanListing> {
  if (isMadeOfLines(flags)) return lineListing()
  const { recordListing } = await import('./record-listing.ts')
  return recordListing(flags, terminal)
}

/** The addon's own lines, and some rows among them. */
function lineListing(): ScanListing {
  // Loaded while the addon reads: nearly every scan meets a row, and the first it tells of must not wait.
  const rest = import('./lines-with-rows.ts')
  rest.catch(() => {})
  return {
    async add({ streams, lines }, scan) {
      const shown = streams.length + (lines?.count ?? 0)
      if (lines === null) return { text: '', shown }
      if (streams.length === 0 && lines.namesToCome.length === 0)
        return { text: lines.bytes, shown }
      const { linesWithRows, tellNames } = await rest
      tellNames(scan, lines.namesToCome)
      return { text: linesWithRows(lines, streams, scan), shown }
    },
    end: () => '',
  }
}
