/** What is one's own: the password, and the tokens of one's scripts. */
import { useTitle } from '../parts/hooks.ts'
import { OwnPasswordForm } from '../parts/own-password.tsx'
import { TokenList } from '../parts/token-list.tsx'
import { session } from '../session.ts'

export function AccountPage() {
  useTitle('Account')
  const { username, role } = session.value ?? {}
  return (
    <main class="page">
      <header class="page-head">
        <h1>Account</h1>
      </header>
      <p class="lead">
        Signed in as <strong>{username}</strong>, {role}.
      </p>
      <TokenList />
      <OwnPasswordForm />
    </main>
  )
}
