/** Who may use the console, and in which role. */
import { useState } from 'preact/hooks'
import type { User } from '../../server/protocol/api/users.ts'
import { api } from '../api.ts'
import { Failure, Loading, Status, Time } from '../parts/bits.tsx'
import { FactorRolesPanel } from '../parts/factor-roles.tsx'
import { useResource, useTitle } from '../parts/hooks.ts'
import { RoleTable } from '../parts/role-table.tsx'
import { scopeWords } from '../parts/scope-field.tsx'
import { AddUserDialog, ChangeUserDialog } from '../parts/user-dialogs.tsx'
import { session } from '../session.ts'

const SOURCE_NAMES = { local: 'here', directory: 'directory', openid: 'OpenID' } as const

type Opened = { what: 'add' } | { what: 'change'; user: User } | null

export function UsersPage() {
  useTitle('Users')
  const [opened, setOpened] = useState<Opened>(null)
  const users = useResource('users', (abort) => api.users(abort))
  const close = () => {
    setOpened(null)
    users.reload()
  }
  return (
    <main class="page">
      <header class="page-head">
        <h1>Users</h1>
        <div class="page-actions">
          <button type="button" class="button" onClick={() => setOpened({ what: 'add' })}>
            Add user…
          </button>
        </div>
      </header>
      {users.error !== null && <Failure error={users.error} retry={users.reload} />}
      {users.value === null && users.error === null && <Loading what="users" />}
      {users.value !== null && (
        <section class="panel">
          <UserTable
            users={users.value.users}
            onChange={(user) => setOpened({ what: 'change', user })}
          />
        </section>
      )}
      <section class="panel">
        <h2>What each role may do</h2>
        <RoleTable />
      </section>
      <FactorRolesPanel />
      {opened?.what === 'add' && <AddUserDialog onClose={close} />}
      {opened?.what === 'change' && <ChangeUserDialog user={opened.user} onClose={close} />}
    </main>
  )
}

function UserTable({ users, onChange }: { users: User[]; onChange: (user: User) => void }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Role</th>
          <th scope="col">Machines</th>
          <th scope="col">From</th>
          <th scope="col">Second factor</th>
          <th scope="col">State</th>
          <th scope="col">Last signed in</th>
          <th scope="col">Added</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.username}>
            <td>
              {user.username}
              {user.username === session.value?.username && <span class="faint"> (you)</span>}
            </td>
            <td>{user.role}</td>
            <td>{user.scope === null ? <span class="faint">all</span> : scopeWords(user.scope)}</td>
            <td>{SOURCE_NAMES[user.source]}</td>
            <td>{user.hasFactor ? 'yes' : <span class="faint">no</span>}</td>
            <td>
              {user.isDisabled ? (
                <Status tone="off">Disabled</Status>
              ) : (
                <Status tone="good">Active</Status>
              )}
            </td>
            <td>
              <Time at={user.lastSignInAt} />
            </td>
            <td>
              <Time at={user.createdAt} />
            </td>
            <td>
              <button
                type="button"
                class="button is-small"
                aria-label={`Change ${user.username}…`}
                onClick={() => onChange(user)}
              >
                Change…
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
