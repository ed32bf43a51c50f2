/** Users: who there is, in which role. Each change is on record, and ends the sessions that it makes untrue. */
import type { NewUser, OwnPassword, User, UserChange } from '../../protocol/api/users.ts'
import { AppError } from '../../shared/app-error.ts'
import { type Clock, toTimestamp } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { SessionStore } from '../store/session-store.ts'
import type { Write } from '../store/stores.ts'
import type { StoredUser, UserStore } from '../store/user-store.ts'
import { hashPassword, isPassword } from './password-hash.ts'
import type { SignInLimit } from './sign-in-limit.ts'

export interface UserService {
  list(): User[]
  /** Throws USER_EXISTS. */
  add(user: NewUser, actor: string): Promise<User>
  /**
   * Throws USER_NOT_FOUND, ACCOUNT_FROM_ELSEWHERE for what is decided elsewhere, and LAST_ADMIN rather than leave
   * nobody who could undo it.
   */
  change(username: string, change: UserChange, actor: string): Promise<User>
  /** Of the user who asks. All sessions end, this one too. Throws SIGN_IN_REFUSED. */
  changeOwnPassword(username: string, change: OwnPassword, remoteAddress: string): Promise<void>
}

export function createUserService(parts: {
  users: UserStore
  sessions: SessionStore
  write: Write
  audit: AuditLog
  clock: Clock
  signInLimit: SignInLimit
}): UserService {
  const { users, sessions, write, audit, clock, signInLimit } = parts

  const find = (username: string): StoredUser => {
    const user = users.find(username)
    if (user !== undefined) return user
    throw new AppError('USER_NOT_FOUND', 404, `there is no user ${username}`)
  }

  return {
    list: () => users.list().map(toUser),

    add: async ({ username, password, role, scope = null }, actor) => {
      const passwordHash = await hashPassword(password)
      write(() => {
        if (users.find(username) !== undefined) {
          const message = `there is a user ${username} already; names differ by more than case`
          throw new AppError('USER_EXISTS', 409, message)
        }
        users.add({ username, passwordHash, role, scope }, clock.now())
        audit.record(actor, 'user.added', username, { role, scope })
      })
      return toUser(find(username))
    },

    change: async (username, { role, scope, password, isDisabled }, actor) => {
      const passwordHash = password === undefined ? undefined : await hashPassword(password)
      write(() => {
        const user = find(username)
        const isOfSource = role !== undefined || scope !== undefined || password !== undefined
        if (isOfSource) refuseFromElsewhere(user)
        const disabledAt =
          isDisabled === undefined ? user.disabledAt : isDisabled ? clock.now() : null
        users.update({
          userNo: user.userNo,
          role: role ?? user.role,
          scope: scope === undefined ? user.scope : scope,
          passwordHash: passwordHash ?? user.passwordHash,
          disabledAt,
        })
        // Counted after the change and undone with it, so that two changes at once cannot both pass.
        if (users.countActiveAdmins() === 0) {
          const message = `${user.username} is the last administrator for all machines: make somebody else one first`
          throw new AppError('LAST_ADMIN', 409, message)
        }
        sessions.endAllOf(user.userNo, clock.now())
        const details = { role, scope, isDisabled, hasNewPassword: password !== undefined }
        audit.record(actor, 'user.changed', user.username, details)
      })
      return toUser(find(username))
    },

    changeOwnPassword: async (username, { currentPassword, newPassword }, remoteAddress) => {
      signInLimit.check(username, remoteAddress)
      const user = find(username)
      refuseFromElsewhere(user)
      if (!(await isPassword(currentPassword, user.passwordHash))) {
        signInLimit.failed(username, remoteAddress)
        throw new AppError('SIGN_IN_REFUSED', 401, 'the current password is wrong')
      }
      const passwordHash = await hashPassword(newPassword)
      write(() => {
        users.update({ ...user, passwordHash })
        sessions.endAllOf(user.userNo, clock.now())
        audit.record(username, 'user.changed', username, { hasNewPassword: true })
      })
    },
  }
}

function refuseFromElsewhere({ username, source }: StoredUser): void {
  if (source === 'local') return
  const where = source === 'directory' ? 'the directory' : 'the OpenID provider'
  const message = `role, scope and password of ${username} are those of ${where}: change them there`
  throw new AppError('ACCOUNT_FROM_ELSEWHERE', 409, message)
}

function toUser({
  hasFactor,
  username,
  role,
  scope,
  source,
  createdAt,
  disabledAt,
  lastSignInAt,
}: StoredUser): User {
  return {
    username,
    role,
    scope,
    source,
    createdAt: toTimestamp(createdAt),
    isDisabled: disabledAt !== null,
    hasFactor,
    lastSignInAt: lastSignInAt === null ? null : toTimestamp(lastSignInAt),
  }
}
