/** Signing in with a name and a password: against central's own users, or the directory. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Session, SignIn } from '../../protocol/api/session.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import { type AuditLog, CENTRAL_ACTOR } from '../audit/audit-log.ts'
import type { StoredUser, UserStore } from '../store/user-store.ts'
import type { DirectoryAccounts } from './directory/directory-accounts.ts'
import { hashPassword, isPassword } from './password-hash.ts'
import { readablePassword } from './readable-password.ts'
import type { SecondFactorService } from './second-factor-service.ts'
import { newSecret } from './secrets.ts'
import type { SessionService, SignInPlace } from './session-service.ts'
import type { SignInLimit } from './sign-in-limit.ts'

export const ADMIN_USERNAME = 'admin'

/**
 * With a directory, a refusal takes at least so long: longer than argon2id, and than a directory that is near. How
 * long it took would tell whether a name is one of central's own, or known to the directory.
 */
const REFUSAL_MS = 400

/** Who it is; or why not, for the audit log. What the person is told is the same for all reasons. */
export type CheckedPassword = { user: StoredUser } | { refused: string }

export interface SignInService {
  /** Creates the administrator if there is no user yet. Returns the password if it was generated here. */
  ensureAdmin(password: string | undefined): Promise<string | null>
  /** The session may lack the second factor. Throws SIGN_IN_REFUSED, SIGN_IN_PAUSED or DIRECTORY_UNAVAILABLE. */
  signIn(request: SignIn, place: SignInPlace): Promise<{ token: string; session: Session }>
}

export function createSignInService(parts: {
  users: UserStore
  sessions: SessionService
  factors: Pick<SecondFactorService, 'missingFor'>
  directory: DirectoryAccounts | null
  audit: AuditLog
  clock: Clock
  signInLimit: SignInLimit
}): SignInService {
  const { users, sessions, factors, directory, audit, clock, signInLimit } = parts
  // Compared with where the user does not exist, so that both refusals take the same time.
  const nobodysHash = hashPassword(newSecret())

  const checkLocal = async (
    user: StoredUser | undefined,
    password: string,
  ): Promise<CheckedPassword> => {
    const isRight = await isPassword(password, user?.passwordHash || (await nobodysHash))
    if (user === undefined) return { refused: 'unknown' }
    if (user.disabledAt !== null) return { refused: 'disabled' }
    return isRight ? { user } : { refused: 'password' }
  }

  /** The password of a local user is never shown to the directory. */
  const check = ({ username, password }: SignIn): Promise<CheckedPassword> => {
    const user = users.find(username)
    if (directory === null || user?.source === 'local') {
      return checkLocal(user?.source === 'local' ? user : undefined, password)
    }
    return directory.check(username, password)
  }

  return {
    ensureAdmin: async (given) => {
      if (users.hasUsers()) return null
      const password = given ?? readablePassword()
      const passwordHash = await hashPassword(password)
      const role = 'admin'
      users.add({ username: ADMIN_USERNAME, passwordHash, role, scope: null }, clock.now())
      return given === undefined ? password : null
    },

    signIn: async (request, place) => {
      const { username } = request
      const { remoteAddress } = place
      signInLimit.check(username, remoteAddress)
      const earliest = performance.now() + (directory === null ? 0 : REFUSAL_MS)
      const checked = await check(request)
      if ('refused' in checked) {
        signInLimit.failed(username, remoteAddress)
        const details = { remoteAddress, reason: checked.refused }
        audit.record(CENTRAL_ACTOR, 'session.refused', username, details)
        await delay(Math.max(0, earliest - performance.now()))
        throw refusal(directory)
      }
      signInLimit.succeeded(username, remoteAddress)
      return sessions.open(checked.user, place, factors.missingFor(checked.user))
    },
  }
}

/** The same for every name, also where the directory does not answer: or else it would tell local names apart. */
function refusal(directory: DirectoryAccounts | null): AppError {
  if (directory?.isAnswering() !== false) {
    return new AppError('SIGN_IN_REFUSED', 401, 'the user name or the password is wrong')
  }
  const message =
    'the user name or the password is wrong, or the directory cannot say: it does not answer at the moment'
  return new AppError('DIRECTORY_UNAVAILABLE', 503, message)
}
