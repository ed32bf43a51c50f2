/** Where one is signed in, or everybody for who manages users; each can be ended. */
import type { OpenSession } from '../../server/protocol/api/session.ts'
import { api } from '../api.ts'
import { endSession } from '../session.ts'
import { Failure, Loading, Time } from './bits.tsx'
import { useResource } from './hooks.ts'
import { Name } from './name.tsx'
import { say, sayError } from './toasts.tsx'

export function SessionList() {
  const sessions = useResource('sessions', (abort) => api.sessions(abort))
  const end = async ({ sessionId, username, isThis }: OpenSession) => {
    try {
      await api.endOneSession(sessionId)
      say(`A session of ${username} was ended.`)
      if (isThis) return endSession()
    } catch (error) {
      sayError(error)
    }
    sessions.reload()
  }
  return (
    <section class="panel">
      <h2>Signed in now</h2>
      {sessions.error !== null && <Failure error={sessions.error} retry={sessions.reload} />}
      {sessions.value === null && sessions.error === null && <Loading what="sessions" />}
      {sessions.value !== null && (
        <SessionTable sessions={sessions.value.sessions} onEnd={(session) => void end(session)} />
      )}
    </section>
  )
}

function SessionTable(props: { sessions: OpenSession[]; onEnd: (session: OpenSession) => void }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">User</th>
          <th scope="col">From</th>
          <th scope="col">With</th>
          <th scope="col">Since</th>
          <th scope="col">Last used</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {props.sessions.map((session) => (
          <tr key={session.sessionId}>
            <td>
              {session.username}
              {session.isThis && <span class="faint"> (this one)</span>}
            </td>
            <td>{session.remoteAddress}</td>
            <td>
              <Name text={session.userAgent} isTitled />
            </td>
            <td>
              <Time at={session.createdAt} />
            </td>
            <td>
              <Time at={session.lastUsedAt} />
            </td>
            <td>
              <button
                type="button"
                class="button is-small is-danger"
                aria-label={`End session ${session.sessionId} of ${session.username}`}
                onClick={() => props.onEnd(session)}
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
