import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import { FormDialog } from './form-dialog.tsx'

interface SaveQueryDialogProps {
  query: string
  onClose: () => void
  onSaved: () => void
}

/** A query of the inventory, kept by name; with a schedule, its count is watched. */
export function SaveQueryDialog(props: SaveQueryDialogProps) {
  const [name, setName] = useState('')
  const [query, setQuery] = useState(props.query)
  const [cron, setCron] = useState('')
  const send = () =>
    api.saveQuery({
      kind: 'inventory',
      name: name.trim(),
      query,
      schedule: cron.trim() === '' ? null : { cron: cron.trim(), timeZone: localZone() },
    })
  return (
    <FormDialog
      title="Save a query"
      action="Save"
      send={send}
      onClose={props.onClose}
      onSent={props.onSaved}
    >
      <label class="field">
        <span>Name</span>
        <input
          required
          maxLength={128}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Search</span>
        <input
          maxLength={4096}
          spellcheck={false}
          placeholder="zone:3 ext:exe first:<1d"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Counted when (as in crontab; empty: only by hand)</span>
        <input
          maxLength={128}
          spellcheck={false}
          placeholder="0 6 * * 1-5"
          value={cron}
          onInput={(event) => setCron(event.currentTarget.value)}
        />
      </label>
      <p class="faint">
        A count that changes is told to the sinks that want to know (saved-query.changed).
      </p>
    </FormDialog>
  )
}

const localZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone
