/** Makes a token and shows its secret, this once. */
import { useState } from 'preact/hooks'
import { PERMISSIONS, type PermissionName } from '../../server/protocol/api/permission-table.ts'
import type { CreatedApiToken } from '../../server/protocol/api/tokens.ts'
import { api } from '../api.ts'
import { isScoped, session } from '../session.ts'
import { Notice, Time } from './bits.tsx'
import { Command } from './command.tsx'
import { Dialog } from './dialog.tsx'
import { FormDialog } from './form-dialog.tsx'
import { ScopeField, scopeOf, typedScope } from './scope-field.tsx'

export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const [created, setCreated] = useState<CreatedApiToken | null>(null)
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const [scope, setScope] = useState(typedScope(null))
  const [given, setGiven] = useState<readonly PermissionName[]>(['inventory.read'])
  if (created !== null) return <CreatedToken token={created} onClose={onClose} />
  const toggle = (permission: PermissionName) =>
    setGiven(
      given.includes(permission)
        ? given.filter((each) => each !== permission)
        : [...given, permission],
    )
  return (
    <FormDialog
      title="New API token"
      action="Make token"
      send={async () => {
        const permissions = [...given]
        const validForDays = Number(days)
        const token = { name, permissions, scope: scopeOf(scope), validForDays }
        setCreated(await api.createToken(token))
      }}
      onClose={onClose}
      // The secret takes the form's place.
      onSent={() => undefined}
    >
      <div class="field-row">
        <label class="field">
          <span>Name</span>
          <input
            required
            maxLength={64}
            pattern="[A-Za-z0-9][A-Za-z0-9 ._\-]*"
            title="Letters, digits, blanks, and . _ -"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Days</span>
          <input
            type="number"
            required
            min={1}
            max={366}
            value={days}
            onInput={(event) => setDays(event.currentTarget.value)}
          />
        </label>
      </div>
      <ScopeField
        label={isScoped() ? 'Only some of your labels' : 'Only machines with certain labels'}
        value={scope}
        onValue={setScope}
      />
      <fieldset class="checks">
        <legend>May</legend>
        {(session.value?.permissions ?? []).map((permission) => (
          <label key={permission} class="check">
            <input
              type="checkbox"
              checked={given.includes(permission)}
              onChange={() => toggle(permission)}
            />
            <span>
              {PERMISSIONS[permission].does} <code class="faint">{permission}</code>
            </span>
          </label>
        ))}
      </fieldset>
    </FormDialog>
  )
}

function CreatedToken({ token, onClose }: { token: CreatedApiToken; onClose: () => void }) {
  return (
    <Dialog title={`Token ${token.name}`} onClose={onClose}>
      <div class="dialog-form">
        <Command text={token.secret} />
        <Notice tone="warn">
          The token is shown only this once. It ends <Time at={token.expiresAt} />.
        </Notice>
        <p>For example:</p>
        <Command
          text={`curl -H "Authorization: Bearer ${token.secret}" "${location.origin}/api/v1/streams?q=zone:3"`}
        />
        <footer>
          <button type="button" class="button is-primary" onClick={onClose}>
            Done
          </button>
        </footer>
      </div>
    </Dialog>
  )
}
