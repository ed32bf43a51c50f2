/** Who is signed in to the console, and for how long. How one signs in is sign-in-service.ts. */
import type { MissingFactor } from '../../protocol/api/second-factor.ts'
import type { OpenSession, Session } from '../../protocol/api/session.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { SessionStore, StoredSession } from '../store/session-store.ts'
import type { Write } from '../store/stores.ts'
import type { StoredUser, UserStore } from '../store/user-store.ts'
import { permissionsOf } from './role-permissions.ts'
import { hashSecret, newSecret } from './secrets.ts'

/** A working day: nobody signs in twice a day, and a forgotten browser is not a door for a week. */
export const SESSION_MS = 12 * 60 * 60 * 1000
/** "Last used" is for people who look for a session that is not theirs; a write for each request would cost more. */
const LAST_USED_STEP_MS = 60_000
/** To fetch a phone, or set one up. */
const HALF_SESSION_MS = 10 * 60_000
const MAX_USER_AGENT = 256

/** Where somebody signs in from. The program says what it likes about itself. */
export interface SignInPlace {
  remoteAddress: string
  userAgent: string
}

export interface SessionService {
  /** For somebody who has proved who it is. The token is for the cookie, and shown nowhere else. */
  open(
    user: StoredUser,
    place: SignInPlace,
    missing?: MissingFactor,
  ): { token: string; session: Session }
  /** What was missing has come. */
  complete(sessionId: number, username: string): void
  /** Undefined: no such session, or not any more. */
  find(token: string): Session | undefined
  signOut(token: string): void
  list(asker: Session): OpenSession[]
  /** Throws SESSION_NOT_FOUND, also for somebody else's where users may not be managed. */
  end(sessionId: number, asker: Session): void
}

export function createSessionService(parts: {
  sessions: SessionStore
  users: UserStore
  write: Write
  audit: AuditLog
  clock: Clock
}): SessionService {
  const { sessions, users, write, audit, clock } = parts

  const listFor = (asker: Session): StoredSession[] => {
    const seesAll = asker.permissions.includes('users.manage')
    const userNo = seesAll ? null : (users.find(asker.username)?.userNo ?? 0)
    return sessions.list(userNo, clock.now())
  }

  const endOne = ({ sessionId, username }: StoredSession, actor: string): void =>
    write(() => {
      sessions.end(sessionId, clock.now())
      audit.record(actor, 'session.ended', username, { sessionId })
    })

  return {
    open: (user, { remoteAddress, userAgent }, missing = null) => {
      const token = newSecret()
      const { userNo, username } = user
      write(() => {
        sessions.add(
          {
            tokenHash: hashSecret(token),
            userNo,
            expiresAt: clock.now() + (missing === null ? SESSION_MS : HALF_SESSION_MS),
            missing,
            remoteAddress,
            userAgent: userAgent.slice(0, MAX_USER_AGENT),
          },
          clock.now(),
        )
        if (missing === null) users.setLastSignIn(userNo, clock.now())
        const details = { remoteAddress, source: user.source, missing }
        audit.record(username, 'session.created', username, details)
      })
      return { token, session: toSession(sessions.find(hashSecret(token), clock.now())!) }
    },

    complete: (sessionId, username) =>
      write(() => {
        sessions.complete(sessionId, clock.now() + SESSION_MS)
        users.setLastSignIn(users.find(username)!.userNo, clock.now())
        audit.record(username, 'session.completed', username, { sessionId })
      }),

    find: (token) => {
      const stored = sessions.find(hashSecret(token), clock.now())
      if (stored === undefined) return undefined
      if (clock.now() - (stored.lastUsedAt ?? stored.createdAt) > LAST_USED_STEP_MS) {
        sessions.setLastUsed(stored.sessionId, clock.now())
      }
      return toSession(stored)
    },

    signOut: (token) => {
      const session = sessions.find(hashSecret(token), clock.now())
      if (session !== undefined) endOne(session, session.username)
    },

    list: (asker) =>
      listFor(asker).map((session) => ({
        sessionId: session.sessionId,
        username: session.username,
        createdAt: toTimestamp(session.createdAt),
        expiresAt: toTimestamp(session.expiresAt),
        lastUsedAt: session.lastUsedAt === null ? null : toTimestamp(session.lastUsedAt),
        remoteAddress: session.remoteAddress,
        userAgent: session.userAgent,
        isThis: session.sessionId === asker.sessionId,
      })),

    end: (sessionId, asker) => {
      const session = listFor(asker).find((candidate) => candidate.sessionId === sessionId)
      if (session === undefined) {
        throw new AppError('SESSION_NOT_FOUND', 404, `there is no session ${sessionId} of yours`)
      }
      endOne(session, asker.username)
    },
  }
}

function toSession(stored: StoredSession): Session {
  const { username, role, scope, source, expiresAt, sessionId, missing } = stored
  return {
    username,
    role,
    source,
    permissions: missing === null ? permissionsOf(role, scope) : [],
    scope,
    expiresAt: toTimestamp(expiresAt),
    missing,
    sessionId,
    tokenName: null,
  }
}
