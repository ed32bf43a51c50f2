/** `sidestream search QUERY`: what central knows of the fleet’s streams. */
import type { CoveragePage } from '../protocol/api/machine-care.ts'
import type { StreamRow } from '../protocol/api/streams.ts'
import type { AccessFlags } from './central-client.ts'
import type { Environment } from './cli-context.ts'
import { ExitCode } from './exit-code.ts'
import { fleetListing } from './fleet-listing.ts'
import { counted } from './human.ts'
import type { ListingFormat } from './listing-format.ts'
import { pointingAt } from './query-fault.ts'
import type { Terminal } from './terminal.ts'
import { withCentral } from './with-central.ts'

export interface SearchFlags extends AccessFlags {
  readonly format: ListingFormat
  readonly gone?: true
  readonly verbose?: true
}

export function runSearch(
  query: string,
  flags: SearchFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return pointingAt(query, search(query, flags, environment, terminal))
}

async function search(
  query: string,
  flags: SearchFlags,
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  return withCentral(flags, environment, terminal, async (client) => {
    const listing = await fleetListing(flags.format, terminal)
    const gone = flags.gone === true ? 'true' : 'false'
    const question = new URLSearchParams({ q: query, gone, format: 'ndjson' })
    let found = 0
    for await (const row of client.lines<StreamRow>(`/streams/export?${question}`)) {
      found += 1
      await terminal.write(listing.add([row]))
    }
    await terminal.write(listing.end())
    const { counts } = await client.get<CoveragePage>('/coverage?limit=1')
    const unknown = counts.neverScanned + counts.incomplete + counts.failed
    const of = `found ${counted(found, 'stream')} of ${counted(counts.machines, 'machine')}`
    terminal.note(
      unknown === 0
        ? of
        : `${of}; of ${counted(unknown, 'machine')} not everything is known: never scanned ${counts.neverScanned}, incomplete ${counts.incomplete}, failed ${counts.failed}`,
    )
    return unknown > 0 ? ExitCode.someUnreadable : ExitCode.complete
  })
}
