/** Who is signed in to the console, and for how long. */
import type { Session, SignIn } from '../../protocol/api/session.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { SessionStore, StoredSession } from '../store/session-store.ts'
import type { Write } from '../store/stores.ts'
import type { UserStore } from '../store/user-store.ts'
import { hashPassword, isPassword } from './password-hash.ts'
import { readablePassword } from './readable-password.ts'
import { permissionsOf } from './role-permissions.ts'
import { hashSecret, newSecret } from './secrets.ts'
import type { SignInLimit } from './sign-in-limit.ts'

/** A working day: nobody signs in twice a day, and a forgotten browser is not a door for a week. */
export const SESSION_MS = 12 * 60 * 60 * 1000
export const ADMIN_USERNAME = 'admin'

export interface SessionService {
  /** Creates the administrator if there is no user yet. Returns the password if it was generated here. */
  ensureAdmin(password: string | undefined): Promise<string | null>
  signIn(request: SignIn, remoteAddress: string): Promise<{ token: string; session: Session }>
  /** Undefined: no such session, or not any more. */
  find(token: string): Session | undefined
  signOut(token: string): void
}

export function createSessionService(parts: {
  sessions: SessionStore
  users: UserStore
  write: Write
  audit: AuditLog
  clock: Clock
  signInLimit: SignInLimit
}): SessionService {
  const { sessions, users, write, audit, clock, signInLimit } = parts
  // Compared with where the user does not exist, so that both refusals take the same time.
  const nobodysHash = hashPassword(newSecret())

  const find = (token: string): Session | undefined => {
    const stored = sessions.find(hashSecret(token), clock.now())
    return stored === undefined ? undefined : toSession(stored)
  }

  return {
    ensureAdmin: async (given) => {
      if (users.hasUsers()) return null
      const password = given ?? readablePassword()
      const passwordHash = await hashPassword(password)
      users.add({ username: ADMIN_USERNAME, passwordHash, role: 'admin' }, clock.now())
      return given === undefined ? password : null
    },

    signIn: async ({ username, password }, remoteAddress) => {
      signInLimit.check(username, remoteAddress)
      const user = users.find(username)
      const isRight = await isPassword(password, user?.passwordHash ?? (await nobodysHash))
      if (user === undefined || user.disabledAt !== null || !isRight) {
        signInLimit.failed(username, remoteAddress)
        audit.record(CENTRAL_ACTOR, 'session.refused', username, { remoteAddress })
        throw new AppError('SIGN_IN_REFUSED', 401, 'the user name or the password is wrong')
      }
      signInLimit.succeeded(username, remoteAddress)
      const token = newSecret()
      const expiresAt = clock.now() + SESSION_MS
      write(() => {
        const session = { tokenHash: hashSecret(token), userNo: user.userNo, expiresAt }
        sessions.add(session, clock.now())
        users.setLastSignIn(user.userNo, clock.now())
        audit.record(user.username, 'session.created', user.username, { remoteAddress })
      })
      return { token, session: toSession({ ...user, expiresAt }) }
    },

    find,

    signOut: (token) => {
      const session = find(token)
      if (session === undefined) return
      write(() => {
        sessions.end(hashSecret(token), clock.now())
        audit.record(session.username, 'session.ended', session.username)
      })
    },
  }
}

function toSession({ username, role, expiresAt }: Omit<StoredSession, 'userNo'>): Session {
  return {
    username,
    role,
    permissions: permissionsOf(role),
    expiresAt: toTimestamp(expiresAt),
    tokenName: null,
  }
}
