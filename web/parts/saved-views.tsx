/** Searches that were given a name: one click away from the search, and so is giving one to this. */
import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import { streamsUrl } from '../model/query-text.ts'
import { may } from '../session.ts'
import { Failure } from './bits.tsx'
import { useResource } from './hooks.ts'
import { Menu } from './menu.tsx'
import { Name } from './name.tsx'
import { SaveQueryDialog } from './save-query-dialog.tsx'

export function SavedViews({ query }: { query: string }) {
  const saved = useResource('saved', (abort) => api.savedQueries(abort))
  const [isSaving, setIsSaving] = useState(false)
  const views = saved.value?.queries.filter(({ settings }) => settings.kind === 'inventory') ?? []
  return (
    <>
      <Menu label="Views">
        {saved.error !== null && <Failure error={saved.error} retry={saved.reload} />}
        {views.length === 0 && <p class="faint">No search has a name yet.</p>}
        <ul class="views">
          {views.map(({ savedId, settings }) => (
            <li key={savedId}>
              <a
                href={streamsUrl(settings.query)}
                aria-current={settings.query === query ? 'true' : undefined}
              >
                <Name text={settings.name} />
              </a>
            </li>
          ))}
        </ul>
        {may('machines.ask') && (
          <button type="button" class="button is-small" onClick={() => setIsSaving(true)}>
            Save this search…
          </button>
        )}
      </Menu>
      {isSaving && (
        <SaveQueryDialog
          query={query}
          onClose={() => setIsSaving(false)}
          onSaved={() => {
            setIsSaving(false)
            saved.reload()
          }}
        />
      )}
    </>
  )
}
