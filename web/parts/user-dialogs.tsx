/** Adding a user, and changing what one may do. */
import { useState } from 'preact/hooks'
import { ROLES, type Role } from '../../server/protocol/api/permission-table.ts'
import type { User, UserChange } from '../../server/protocol/api/users.ts'
import { api } from '../api.ts'
import { FormDialog } from './form-dialog.tsx'
import { NEW_PASSWORD_LENGTH, NewPasswordField } from './own-password.tsx'
import { isSameScope, ScopeField, scopeOf, typedScope } from './scope-field.tsx'
import { say } from './toasts.tsx'

const BOUND = 'Only machines with certain labels'

export function AddUserDialog({ onClose }: { onClose: () => void }) {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [scope, setScope] = useState(typedScope(null))
  return (
    <FormDialog
      title="Add a user"
      action="Add user"
      send={async () => {
        await api.addUser({ username, password, role, scope: scopeOf(scope) })
        say(`${username} can sign in as ${role}.`)
      }}
      onClose={onClose}
    >
      <label class="field">
        <span>Name</span>
        <input
          required
          maxLength={128}
          pattern="[A-Za-z0-9][A-Za-z0-9._@\-]*"
          title="Letters, digits, and . _ @ -"
          autocomplete="off"
          value={username}
          onInput={(event) => setUsername(event.currentTarget.value)}
        />
      </label>
      <RoleField role={role} onRole={setRole} />
      <ScopeField label={BOUND} value={scope} onValue={setScope} />
      <NewPasswordField label="First password" value={password} onValue={setPassword} />
    </FormDialog>
  )
}

export function ChangeUserDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const [role, setRole] = useState<Role>(user.role)
  const [scope, setScope] = useState(typedScope(user.scope))
  const [isDisabled, setIsDisabled] = useState(user.isDisabled)
  const [password, setPassword] = useState('')
  const [isFactorReset, setFactorReset] = useState(false)
  // Of others, role, scope and password are changed where they come from.
  const isLocal = user.source === 'local'
  const change: UserChange = {
    ...(role === user.role ? {} : { role }),
    ...(isSameScope(scopeOf(scope), user.scope) ? {} : { scope: scopeOf(scope) }),
    ...(isDisabled === user.isDisabled ? {} : { isDisabled }),
    ...(password === '' ? {} : { password }),
  }
  return (
    <FormDialog
      title={`Change ${user.username}`}
      action="Change and end sessions"
      isDangerous={isDisabled && !user.isDisabled}
      send={async () => {
        if (isFactorReset) await api.resetFactor(user.username)
        if (Object.keys(change).length > 0) await api.changeUser(user.username, change)
        if (isFactorReset || Object.keys(change).length > 0) say(`${user.username} was changed.`)
      }}
      onClose={onClose}
    >
      {isLocal && <RoleField role={role} onRole={setRole} />}
      {isLocal && <ScopeField label={BOUND} value={scope} onValue={setScope} />}
      <label class="check">
        <input
          type="checkbox"
          checked={isDisabled}
          onChange={(event) => setIsDisabled(event.currentTarget.checked)}
        />
        <span>Disabled: cannot sign in, and tokens do not work</span>
      </label>
      {user.hasFactor && (
        <label class="check">
          <input
            type="checkbox"
            checked={isFactorReset}
            onChange={(event) => setFactorReset(event.currentTarget.checked)}
          />
          <span>Take the second factor away, because it was lost</span>
        </label>
      )}
      {isLocal && (
        <NewPasswordField
          label={`New password (empty: stays; else at least ${NEW_PASSWORD_LENGTH} characters)`}
          value={password}
          onValue={setPassword}
          isOptional
        />
      )}
      <p class="faint">{user.username} has to sign in again afterwards.</p>
    </FormDialog>
  )
}

function RoleField({ role, onRole }: { role: Role; onRole: (role: Role) => void }) {
  return (
    <label class="field">
      <span>Role</span>
      <select value={role} onChange={(event) => onRole(event.currentTarget.value as Role)}>
        {ROLES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  )
}
