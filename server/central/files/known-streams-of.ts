/** What the inventory knows of carriers, as the files service asks for it. */
import type { MachineId } from '../../protocol/ids.ts'
import type { Query } from '../../streams/query/ast.ts'
import type { Scope } from '../accounts/scope-service.ts'
import type { StoredStream, StreamFilter } from '../store/inventory/inventory-engine.ts'

/** The one way in which streams are read here; it may answer at once or later. */
export interface StreamReading {
  page(
    filter: StreamFilter,
    page: { cursor?: string | undefined; limit: number },
  ): StreamsRead | Promise<StreamsRead>
}
interface StreamsRead {
  streams: StoredStream[]
  cursor: string | null
}

export interface FileWanted {
  name?: string | undefined
  path?: string | undefined
}

/** Marks on one machine, on carriers of this name or path. */
export async function marksOn(
  streams: StreamReading,
  machineId: MachineId,
  wanted: FileWanted,
  limit: number,
): Promise<StoredStream[]> {
  const items = [text('machine', machineId), ...carrierQuery(wanted), MARK]
  return (await streams.page({ query: { kind: 'and', items }, presence: 'live' }, { limit }))
    .streams
}

/** Every path at which some machine of the scope has a stream on a carrier of this name, as far as `limit` rows show. */
export async function knownPaths(
  streams: StreamReading,
  wanted: FileWanted,
  limit: number,
  scope: Scope,
): Promise<string[]> {
  const query: Query = { kind: 'and', items: carrierQuery(wanted) }
  const machineNos = scope?.machineNos
  const page = await streams.page({ query, presence: 'any', machineNos }, { limit })
  return [...new Set(page.streams.flatMap(({ path, links }) => [path, ...links]))]
}

const MARK = text('stream', 'Zone.Identifier')

/** `path:` finds inside paths; the whole of it is compared by whoever has the rows. */
function carrierQuery({ name, path }: FileWanted): Query[] {
  return [
    ...(name === undefined ? [] : [text('name', name)]),
    ...(path === undefined ? [] : [text('path', path)]),
  ]
}

function text(field: 'machine' | 'name' | 'path' | 'stream', value: string): Query {
  return { kind: 'text', field, pattern: value.replace(/[\\*?]/g, '\\$&') }
}
