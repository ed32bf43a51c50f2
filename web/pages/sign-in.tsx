import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Session } from '../../server/protocol/api/session.ts'
import { api, messageOf } from '../api.ts'
import { useTitle } from '../parts/hooks.ts'
import { OpenIdButton } from '../parts/openid-button.tsx'
import { SecondStep } from '../parts/second-step.tsx'
import { Wordmark } from '../parts/wordmark.tsx'
import { session } from '../session.ts'

export function SignInPage() {
  const { query, route } = useLocation()
  const [failure, setFailure] = useState<string | null>(null)
  const [halfWay, setHalfWay] = useState<Session | null>(null)
  const [isSending, setIsSending] = useState(false)
  const passwordRef = useRef<HTMLInputElement>(null)
  useTitle('Sign in')

  const isSignedIn = Boolean(session.value)
  useEffect(() => {
    if (isSignedIn) route(safeNext(query.next), true)
  }, [isSignedIn, query.next, route])

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    setIsSending(true)
    setFailure(null)
    try {
      const begun = await api.signIn({
        username: String(form.get('username')),
        password: String(form.get('password')),
      })
      if (begun.missing === null) session.value = begun
      else setHalfWay(begun)
    } catch (error) {
      setFailure(messageOf(error))
      setIsSending(false)
      passwordRef.current?.select()
    }
  }

  if (halfWay !== null) {
    return (
      <main class="sign-in">
        <SecondStep begun={halfWay} />
      </main>
    )
  }
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <h1>
          <Wordmark />
        </h1>
        <UserNameField />
        <label class="field">
          <span>Password</span>
          <input
            ref={passwordRef}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            maxLength={1024}
            aria-invalid={failure !== null}
            aria-describedby={failure === null ? undefined : 'sign-in-failure'}
          />
        </label>
        {failure !== null && (
          <p class="field-error" id="sign-in-failure" role="alert">
            {failure}
          </p>
        )}
        <button type="submit" class="button is-primary" disabled={isSending}>
          {isSending ? 'Signing in…' : 'Sign in'}
        </button>
        <OpenIdButton failure={query.failure} />
      </form>
    </main>
  )
}

function UserNameField() {
  return (
    <label class="field">
      <span>User name</span>
      <input
        name="username"
        autoComplete="username"
        autoCapitalize="off"
        spellcheck={false}
        required
        maxLength={128}
        // biome-ignore lint/a11y/noAutofocus: the page is this one form
        autoFocus
      />
    </label>
  )
}

/** Only a page of ours: `next` is in the address, which anybody can send to anybody. */
function safeNext(next: string | undefined): string {
  return next?.startsWith('/') && !/^\/[\\/]/.test(next) && !next.startsWith('/sign-in')
    ? next
    : '/'
}
