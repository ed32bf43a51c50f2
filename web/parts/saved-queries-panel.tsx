/** Queries that are asked again, by people or by the clock. */
import { useState } from 'preact/hooks'
import type { SavedQuery } from '../../server/protocol/api/saved-queries.ts'
import { api } from '../api.ts'
import { formatCount } from '../model/format.ts'
import { streamsUrl } from '../model/query-text.ts'
import { may } from '../session.ts'
import { Failure, Loading, Time } from './bits.tsx'
import { useResource } from './hooks.ts'
import { Name } from './name.tsx'
import { SaveQueryDialog } from './save-query-dialog.tsx'
import { sayError } from './toasts.tsx'

export function SavedQueriesPanel() {
  const saved = useResource('saved', (abort) => api.savedQueries(abort))
  const [isAdding, setIsAdding] = useState(false)
  const act = (work: () => Promise<unknown>) => {
    work().then(saved.reload, sayError)
  }
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Saved queries</h2>
        {may('machines.ask') && (
          <button type="button" class="button is-small" onClick={() => setIsAdding(true)}>
            Save a query…
          </button>
        )}
      </div>
      {saved.error !== null && <Failure error={saved.error} retry={saved.reload} />}
      {saved.value === null && saved.error === null && <Loading what="saved queries" />}
      {saved.value !== null &&
        (saved.value.queries.length === 0 ? (
          <p class="faint">None yet.</p>
        ) : (
          <SavedTable queries={saved.value.queries} act={act} />
        ))}
      {isAdding && (
        <SaveQueryDialog
          query=""
          onClose={() => setIsAdding(false)}
          onSaved={() => {
            setIsAdding(false)
            saved.reload()
          }}
        />
      )}
    </section>
  )
}

interface SavedTableProps {
  queries: readonly SavedQuery[]
  act: (work: () => Promise<unknown>) => void
}

function SavedTable({ queries, act }: SavedTableProps) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Query</th>
          <th scope="col">Asked of</th>
          <th scope="col">Schedule</th>
          <th scope="col">Last run</th>
          <th scope="col">Result</th>
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {queries.map((query) => (
          <tr key={query.savedId}>
            <td>
              <Name text={query.settings.name} />
            </td>
            <td>
              <a href={streamsUrl(query.settings.query)}>
                <Name text={query.settings.query || 'every stream'} />
              </a>
            </td>
            <td>{query.settings.kind === 'live' ? 'machines' : 'inventory'}</td>
            <td>
              {query.settings.schedule === null ? (
                <span class="faint">by hand</span>
              ) : (
                <code>{query.settings.schedule.cron}</code>
              )}
            </td>
            <td>
              <Time at={query.lastRunAt} />
            </td>
            <td>
              <Result query={query} />
            </td>
            <td class="table-actions">
              {may('machines.ask') && (
                <>
                  <button
                    type="button"
                    class="button is-small"
                    onClick={() => act(() => api.runSavedQuery(query.savedId))}
                  >
                    Run
                  </button>
                  <button
                    type="button"
                    class="button is-small"
                    onClick={() => act(() => api.removeSavedQuery(query.savedId))}
                  >
                    Remove
                  </button>
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Result({ query }: { query: SavedQuery }) {
  if (query.lastError !== '') return <Name text={query.lastError} />
  if (query.lastQuestionId !== null) {
    return <a href={`/live/${query.lastQuestionId}`}>live query</a>
  }
  if (query.lastTotal === null) return null
  return <a href={streamsUrl(query.settings.query)}>{formatCount(query.lastTotal)}</a>
}
