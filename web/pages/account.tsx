/** What is one's own: where one is signed in, the tokens of one's scripts, second factor, password. */
import { useTitle } from '../parts/hooks.ts'
import { OwnPasswordForm } from '../parts/own-password.tsx'
import { SecondFactor } from '../parts/second-factor.tsx'
import { SessionList } from '../parts/session-list.tsx'
import { TokenList } from '../parts/token-list.tsx'
import { session } from '../session.ts'

export function AccountPage() {
  useTitle('Account')
  const { username, role, source } = session.value ?? {}
  return (
    <main class="page">
      <header class="page-head">
        <h1>Account</h1>
      </header>
      <p class="lead">
        Signed in as <strong>{username}</strong>, {role}.
        {source === 'directory' && ' Name, password and role are those of the directory.'}
        {source === 'openid' && ' Name and role are those of the OpenID provider.'}
      </p>
      <TokenList />
      {source !== 'openid' && <SecondFactor />}
      <SessionList />
      {source === 'local' && <OwnPasswordForm />}
    </main>
  )
}
