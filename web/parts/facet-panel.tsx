/** Counts of what was found, each a refinement: add it, take it off again, or leave it out. */
import type { StreamFacets } from '../../server/protocol/api/streams.ts'
import type { VerdictName } from '../../server/protocol/stream.ts'
import { exactTerm } from '../../server/streams/query/write-term.ts'
import { formatCount, zoneLabel } from '../model/format.ts'
import { hasTerm, toggledTerm } from '../model/query-text.ts'
import { VERDICTS } from './bits.tsx'
import { Name } from './name.tsx'

/** Buckets shown before "more". */
const SHORT = 7

interface FacetPanelProps {
  facets: StreamFacets
  query: string
  onQuery: (query: string) => void
}

interface Group {
  title: string
  field: string
  buckets: readonly { value: string; count: number }[]
  /** False: each count is at least so much. */
  isExact: boolean
  label?: (value: string) => string
}

export function FacetPanel({ facets, query, onQuery }: FacetPanelProps) {
  const { machines, hosts, others: isExact } = facets.isExact
  const groups: readonly Group[] = [
    { title: 'Verdict', field: 'verdict', buckets: facets.verdicts, isExact, label: verdictLabel },
    { title: 'Zone', field: 'zone', buckets: facets.zones, isExact, label: zoneLabel },
    { title: 'Origin host', field: 'host', buckets: facets.hosts, isExact: hosts },
    { title: 'Stream name', field: 'stream', buckets: facets.names, isExact },
    { title: 'Extension', field: 'ext', buckets: facets.extensions, isExact },
    { title: 'Machine', field: 'machine', buckets: facets.machines, isExact: machines },
  ]
  return (
    <aside class="facets" aria-label="Refine">
      {groups
        .filter(({ buckets }) => buckets.length > 0)
        .map((group) => (
          <FacetGroup key={group.field} group={group} query={query} onQuery={onQuery} />
        ))}
    </aside>
  )
}

export function verdictLabel(value: string): string {
  return VERDICTS[value as VerdictName]?.label ?? value
}

function FacetGroup({
  group,
  query,
  onQuery,
}: {
  group: Group
  query: string
  onQuery: (query: string) => void
}) {
  const items = group.buckets.map((bucket) => (
    <FacetItem key={bucket.value} group={group} bucket={bucket} query={query} onQuery={onQuery} />
  ))
  return (
    <section>
      <h2>{group.title}</h2>
      <ul>{items.slice(0, SHORT)}</ul>
      {items.length > SHORT && (
        <details>
          <summary>{items.length - SHORT} more</summary>
          <ul>{items.slice(SHORT)}</ul>
        </details>
      )}
    </section>
  )
}

function FacetItem(props: {
  group: Group
  bucket: { value: string; count: number }
  query: string
  onQuery: (query: string) => void
}) {
  const { group, bucket, query, onQuery } = props
  const term = exactTerm(group.field, bucket.value)
  const isOn = hasTerm(query, term)
  const label = group.label?.(bucket.value) ?? bucket.value
  return (
    <li class={isOn ? 'is-on' : ''}>
      <button
        type="button"
        class="facet"
        aria-pressed={isOn}
        onClick={() => onQuery(toggledTerm(query, term))}
      >
        <span class="facet-label">
          <Name text={label} isTitled />
        </span>
        <span
          class="facet-count"
          title={group.isExact ? undefined : 'At least; not all were counted'}
        >
          {group.isExact ? '' : '≥ '}
          {formatCount(bucket.count)}
        </span>
      </button>
      <button
        type="button"
        class="facet-not"
        aria-label={`Leave out ${group.title.toLowerCase()} ${label}`}
        title="Leave out"
        onClick={() => onQuery(toggledTerm(query, `-${term}`))}
      >
        −
      </button>
    </li>
  )
}
