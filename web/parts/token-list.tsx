/** API tokens: one's own, or everybody's for who manages users. */
import { useState } from 'preact/hooks'
import type { ApiToken } from '../../server/protocol/api/tokens.ts'
import { api } from '../api.ts'
import { Failure, Loading, Time } from './bits.tsx'
import { useResource } from './hooks.ts'
import { NewTokenDialog } from './new-token-dialog.tsx'
import { scopeWords } from './scope-field.tsx'
import { say, sayError } from './toasts.tsx'

export function TokenList() {
  const tokens = useResource('tokens', (abort) => api.tokens(abort))
  const [isAdding, setIsAdding] = useState(false)
  const end = async ({ tokenId, name }: ApiToken) => {
    try {
      await api.endToken(tokenId)
      say(`The token ${name} does not work any more.`)
    } catch (error) {
      sayError(error)
    }
    tokens.reload()
  }
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>API tokens</h2>
        <button type="button" class="button is-small" onClick={() => setIsAdding(true)}>
          New token…
        </button>
      </header>
      <p class="faint">
        A script signs in with <code>Authorization: Bearer</code> and a token. It may do what the
        token was given, and no more than its owner.
      </p>
      {tokens.error !== null && <Failure error={tokens.error} retry={tokens.reload} />}
      {tokens.value === null && tokens.error === null && <Loading what="tokens" />}
      {tokens.value?.tokens.length === 0 && <p>There is no token.</p>}
      {tokens.value !== null && tokens.value.tokens.length > 0 && (
        <TokenTable tokens={tokens.value.tokens} onEnd={(token) => void end(token)} />
      )}
      {isAdding && (
        <NewTokenDialog
          onClose={() => {
            setIsAdding(false)
            tokens.reload()
          }}
        />
      )}
    </section>
  )
}

function TokenTable(props: { tokens: ApiToken[]; onEnd: (token: ApiToken) => void }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Of</th>
          <th scope="col">May</th>
          <th scope="col">Machines</th>
          <th scope="col">Last used</th>
          <th scope="col">Ends</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {props.tokens.map((token) => (
          <tr key={token.tokenId}>
            <td>{token.name}</td>
            <td>{token.username}</td>
            <td>
              <code>{token.permissions.join(' ')}</code>
            </td>
            <td>
              {token.scope === null ? <span class="faint">all</span> : scopeWords(token.scope)}
            </td>
            <td>
              <Time at={token.lastUsedAt} />
            </td>
            <td>
              <Time at={token.expiresAt} />
            </td>
            <td>
              <button
                type="button"
                class="button is-small is-danger"
                aria-label={`End ${token.name}`}
                onClick={() => props.onEnd(token)}
              >
                End
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
