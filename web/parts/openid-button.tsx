/** Signing in at the company's OpenID provider, where one is set up, and what came of it. */
import { api, OPENID_START } from '../api.ts'
import { useResource } from './hooks.ts'

/** By code, never by text: the address can be sent by anybody. */
const FAILURES: Record<string, string> = {
  OPENID_UNAVAILABLE: 'The provider does not answer. Try again, or sign in with a password.',
  OPENID_REFUSED:
    'The sign-in was not accepted. If it happens again, ask an administrator: the audit log says why.',
}

export function OpenIdButton({ failure }: { failure: string | undefined }) {
  const ways = useResource('sign-in-ways', () => api.signInWays())
  const openId = ways.value?.openId ?? null
  if (openId === null) return null
  const said = failure === undefined ? undefined : FAILURES[failure]
  return (
    <>
      {said !== undefined && (
        <p class="field-error" role="alert">
          {said}
        </p>
      )}
      <button type="button" class="button" onClick={() => location.assign(OPENID_START)}>
        Sign in with {openId.label}
      </button>
    </>
  )
}
