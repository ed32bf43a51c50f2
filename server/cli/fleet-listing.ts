/** Streams of many machines, printed as they come. */
import { stringify } from 'csv-stringify/sync'
import type { ReportedStream } from '../protocol/stream.ts'
import { displayName } from '../streams/display-name.ts'
import type { ListingFormat } from './listing-format.ts'
import type { StreamRecord } from './stream-record.ts'
import type { Terminal } from './terminal.ts'

export interface FleetRow extends ReportedStream {
  readonly machineId: string
  readonly hostname: string
}

export interface FleetListing {
  add(rows: readonly FleetRow[]): string
  end(): string
}

export async function fleetListing(
  format: ListingFormat,
  { columns, hasColor }: Terminal,
): Promise<FleetListing> {
  if (format === 'ndjson') {
    return { add: (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''), end: () => '' }
  }
  if (format === 'csv') return csvListing()
  const { tableListing } = await import('./table-listing.ts')
  const table = tableListing({ columns, hasColor })
  return { add: (rows) => table.add(rows.map(toRecord)), end: () => table.end() }
}

const CSV_COLUMNS: Record<string, (row: FleetRow) => string | number | null | undefined> = {
  machineId: (row) => row.machineId,
  hostname: (row) => displayName(row.hostname),
  path: (row) => displayName(row.path),
  stream: (row) => displayName(row.stream),
  size: (row) => row.sizeBytes,
  kind: (row) => row.kind,
  modified: (row) => row.modifiedAt,
  zone: (row) => row.origin?.id,
  hostUrl: (row) => displayName(row.origin?.hostUrl ?? ''),
  referrerUrl: (row) => displayName(row.origin?.referrerUrl ?? ''),
  verdict: (row) => row.verdict,
  rule: (row) => row.rule,
  sha256: (row) => row.sha256,
}

function csvListing(): FleetListing {
  const options = { escape_formulas: true, record_delimiter: '\r\n' } as const
  let header = stringify([Object.keys(CSV_COLUMNS)], options)
  const takeHeader = (): string => {
    const text = header
    header = ''
    return text
  }
  return {
    add: (rows) => {
      const cells = rows.map((row) => Object.values(CSV_COLUMNS).map((read) => read(row)))
      return cells.length === 0 ? '' : takeHeader() + stringify(cells, options)
    },
    end: takeHeader,
  }
}

/** The table shows paths; of many machines, each with its machine. */
function toRecord(row: FleetRow): StreamRecord {
  const { hostname, path, links, stream, kind, sizeBytes, allocatedBytes, isResident } = row
  return {
    path: `${hostname}: ${path}`,
    links,
    stream,
    kind,
    size: BigInt(sizeBytes),
    allocated: BigInt(allocatedBytes),
    resident: isResident,
    modified: row.modifiedAt,
    zone: row.origin,
    verdict: row.verdict,
    // A newer agent may have rules that this command line does not know; the table does not show them.
    rule: row.rule as StreamRecord['rule'],
    sha256: row.sha256,
    content: null,
    deleted: false,
  }
}
