/** Search over the whole inventory. The address holds the query and the toggle: any view can be shared. */

import { useMemo, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { type ApiError, api, exportUrl } from '../api.ts'
import { hiddenColumns } from '../model/column-choice.ts'
import { streamsUrl } from '../model/query-text.ts'
import { ColumnMenu } from '../parts/column-menu.tsx'
import { FacetPanel } from '../parts/facet-panel.tsx'
import { useResource, useTitle } from '../parts/hooks.ts'
import { QueryBar } from '../parts/query-bar.tsx'
import { SavedViews } from '../parts/saved-views.tsx'
import { StreamBrowser } from '../parts/stream-browser.tsx'
import { streamColumns } from '../parts/stream-columns.tsx'

export function StreamsPage() {
  const { query, route } = useLocation()
  const q = query.q ?? ''
  const withGone = query.gone === 'true'
  const [error, setError] = useState<{ q: string; error: ApiError } | null>(null)
  const facets = useResource(`${withGone} ${q}`, (abort) => api.facets(q, withGone, abort))
  const [shownFacets, setShownFacets] = useState(facets.value)
  if (facets.value !== null && facets.value !== shownFacets) setShownFacets(facets.value)
  const hidden = hiddenColumns('streams')
  const hiddenIds = [...hidden].join(' ')
  // Rows are drawn anew when their columns change, and only then.
  const columns = useMemo(() => streamColumns.filter(({ id }) => !hidden.has(id)), [hiddenIds])
  useTitle(q === '' ? 'Streams' : q)

  const search = (next: string, replace = false) => route(streamsUrl(next, withGone), replace)
  return (
    <main class="page is-full streams-page">
      <h1 class="visually-hidden">Streams</h1>
      <div class="toolbar">
        <QueryBar
          query={q}
          error={error?.q === q ? error.error : null}
          onQuery={(next) => search(next, true)}
        />
        <label class="toggle">
          <input
            type="checkbox"
            checked={withGone}
            onChange={(event) => route(streamsUrl(q, event.currentTarget.checked))}
          />
          Include gone
        </label>
        <SavedViews query={q} />
        <ColumnMenu table="streams" columns={streamColumns} />
        <div class="toolbar-links">
          <span class="faint">Export</span>
          <a class="button is-small" href={exportUrl(q, withGone, 'csv')} download>
            CSV
          </a>
          <a class="button is-small" href={exportUrl(q, withGone, 'ndjson')} download>
            NDJSON
          </a>
        </div>
      </div>
      <div class="split">
        {shownFacets !== null && (
          <FacetPanel facets={shownFacets} query={q} onQuery={(next) => search(next)} />
        )}
        <StreamBrowser
          query={q}
          withGone={withGone}
          columns={columns}
          onQueryError={(next) => setError(next && { q, error: next })}
          onChanged={facets.reload}
        />
      </div>
    </main>
  )
}
