/**
 * Values of a field within a scope. The counts that are kept are of all machines, so these are worked out from streams
 * of the scope: a value that only others have is never among them.
 */
import { fileNameOf } from '../../streams/path-parts.ts'
import type { Query, TextField } from '../../streams/query/ast.ts'
import type { MachineScope } from '../accounts/scope-service.ts'
import type {
  InventoryReading,
  StoredStream,
  StreamFilter,
  SuggestField,
} from '../store/inventory/inventory-engine.ts'
import type { StoredFacets } from '../store/inventory/stored-facets.ts'

export interface FoundValue {
  value: string
  /** Null: not counted. */
  count: number | null
}

/** So many streams are looked at for fields that have no facet. */
const LOOKED_AT = 500

type Facet = 'machines' | 'verdicts' | 'zones' | 'hosts' | 'names' | 'extensions'

const FACETS: Partial<Record<SuggestField, Facet>> = {
  machine: 'machines',
  verdict: 'verdicts',
  zone: 'zones',
  host: 'hosts',
  stream: 'names',
  ext: 'extensions',
}

const VALUES: Partial<Record<SuggestField, (stream: StoredStream) => string | null | undefined>> = {
  name: ({ path }) => fileNameOf(path),
  referrer: ({ origin }) => origin?.referrerUrl,
  writer: ({ origin }) => origin?.lastWriterPackageFamilyName,
  rule: ({ rule }) => rule,
}

export async function valuesWithin(
  inventory: Pick<InventoryReading, 'facets' | 'page'>,
  scope: MachineScope,
  field: SuggestField,
  prefix: string,
  limit: number,
): Promise<FoundValue[]> {
  const found = await findValues(inventory, scope, field, prefix)
  const wanted = prefix.toLowerCase()
  return found.filter(({ value }) => value.toLowerCase().startsWith(wanted)).slice(0, limit)
}

async function findValues(
  inventory: Pick<InventoryReading, 'facets' | 'page'>,
  scope: MachineScope,
  field: SuggestField,
  prefix: string,
): Promise<FoundValue[]> {
  if (field === 'label') return scope.labels.map((value) => ({ value, count: null }))
  const filter: StreamFilter = {
    query: beginningWith(field, prefix),
    presence: 'live',
    machineNos: scope.machineNos,
  }
  const facet = FACETS[field]
  if (facet !== undefined) return fromFacets(await inventory.facets(filter), facet)
  const { streams } = await inventory.page(filter, { limit: LOOKED_AT })
  const values = streams.map((stream) => VALUES[field]?.(stream) ?? '')
  return [...new Set(values)].filter(Boolean).map((value) => ({ value, count: null }))
}

function fromFacets(facets: StoredFacets, facet: Facet): FoundValue[] {
  const { machines, hosts, others } = facets.isExact
  const isExact = facet === 'machines' ? machines : facet === 'hosts' ? hosts : others
  return facets[facet].map(({ value, count }) => ({ value, count: isExact ? count : null }))
}

function beginningWith(field: Exclude<SuggestField, 'label'>, prefix: string): Query {
  if (field === 'zone') return { kind: 'all' }
  const pattern = `${prefix.replace(/[\\*?]/g, '\\$&')}*`
  return { kind: 'text', field: field satisfies TextField, pattern }
}
