/** Who may use the console, and for how long. Tokens are random and kept only as their hash. */
import { createHash, randomBytes } from 'node:crypto'
import type { Session, SignIn } from '../../protocol/api/session.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { SessionStore } from '../store/session-store.ts'
import type { Write } from '../store/stores.ts'
import { hashPassword, isPassword } from './password-hash.ts'
import { readablePassword } from './readable-password.ts'

/** A working day: nobody signs in twice a day, and a forgotten browser is not a door for a week. */
export const SESSION_MS = 12 * 60 * 60 * 1000
export const ADMIN_USERNAME = 'admin'
const TOKEN_BYTES = 32

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
  write: Write
  audit: AuditLog
  clock: Clock
}): SessionService {
  const { sessions, write, audit, clock } = parts
  // Compared with where the user does not exist, so that both refusals take the same time.
  const nobodysHash = hashPassword(randomBytes(TOKEN_BYTES).toString('hex'))

  const find = (token: string): Session | undefined => {
    const stored = sessions.find(hashToken(token), clock.now())
    if (stored === undefined) return undefined
    return { username: stored.username, expiresAt: toTimestamp(stored.expiresAt) }
  }

  return {
    ensureAdmin: async (given) => {
      if (sessions.hasUsers()) return null
      const password = given ?? readablePassword()
      const passwordHash = await hashPassword(password)
      sessions.addUser({ username: ADMIN_USERNAME, passwordHash }, clock.now())
      return given === undefined ? password : null
    },

    signIn: async ({ username, password }, remoteAddress) => {
      const user = sessions.findUser(username)
      const isRight = await isPassword(password, user?.passwordHash ?? (await nobodysHash))
      if (user === undefined || !isRight) {
        audit.record(CENTRAL_ACTOR, 'session.refused', username, { remoteAddress })
        throw new AppError('SIGN_IN_REFUSED', 401, 'the user name or the password is wrong')
      }
      const token = randomBytes(TOKEN_BYTES).toString('base64url')
      const expiresAt = clock.now() + SESSION_MS
      write(() => {
        const session = { tokenHash: hashToken(token), userNo: user.userNo, expiresAt }
        sessions.add(session, clock.now())
        audit.record(user.username, 'session.created', user.username, { remoteAddress })
      })
      return { token, session: { username: user.username, expiresAt: toTimestamp(expiresAt) } }
    },

    find,

    signOut: (token) => {
      const session = find(token)
      if (session === undefined) return
      write(() => {
        sessions.end(hashToken(token), clock.now())
        audit.record(session.username, 'session.ended', session.username)
      })
    },
  }
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
