/** What could stand at the cursor of a query: fields, and the values that the inventory has. */
import type { QuerySuggestions } from '../../protocol/api/streams.ts'
import { type FieldInfo, fields } from '../../streams/query/fields.ts'
import { typingAt } from '../../streams/query/typing.ts'
import { writeValue } from '../../streams/query/write-term.ts'
import type { Scope } from '../accounts/scope-service.ts'
import type { InventoryReading, SuggestField } from '../store/inventory/inventory-engine.ts'
import { valuesWithin } from './suggest-within.ts'

type Reading = Pick<InventoryReading, 'suggest' | 'facets' | 'page'>
type Suggestion = QuerySuggestions['suggestions'][number]

const MAX_SUGGESTIONS = 12

/** Fields whose values the inventory can list; `kind` and times are known without it. */
const LISTED: readonly string[] = [
  'machine',
  'label',
  'name',
  'ext',
  'stream',
  'host',
  'referrer',
  'writer',
  'verdict',
  'rule',
  'zone',
] satisfies SuggestField[]

export async function suggestAt(
  inventory: Reading,
  scope: Scope,
  q: string,
  position: number,
): Promise<QuerySuggestions> {
  const typing = typingAt(q, position)
  if (typing.kind === 'nothing') return { from: position, to: position, suggestions: [] }
  const { from, to, prefix } = typing
  const suggestions =
    typing.kind === 'field'
      ? fieldsFrom(prefix)
      : await valuesOf(inventory, scope, typing.field, prefix)
  return { from, to, suggestions }
}

function fieldsFrom(prefix: string): Suggestion[] {
  const wanted = prefix.toLowerCase()
  return fields
    .filter((field) => field.name.startsWith(wanted) && !isLiveOnly(field))
    .map(({ name, description }) => ({ text: `${name}:`, description, count: null }))
}

async function valuesOf(
  inventory: Reading,
  scope: Scope,
  field: FieldInfo,
  prefix: string,
): Promise<Suggestion[]> {
  if (LISTED.includes(field.name)) {
    const name = field.name as SuggestField
    const found =
      scope === null
        ? await inventory.suggest(name, prefix, MAX_SUGGESTIONS)
        : await valuesWithin(inventory, scope, name, prefix, MAX_SUGGESTIONS)
    if (found.length > 0) {
      return found.map(({ value, count }) => ({
        text: writeValue(value),
        description: null,
        count,
      }))
    }
  }
  const known = field.type === 'text' ? (field.values ?? []) : []
  return known
    .filter((value) => value.startsWith(prefix.toLowerCase()))
    .map((text) => ({ text, description: null, count: null }))
}

function isLiveOnly(field: FieldInfo): boolean {
  return field.type === 'text' && field.isLiveOnly === true
}
