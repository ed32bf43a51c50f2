/**
 * Second factors: enrolling one, giving its code, losing it. Wrong codes are counted for the user, whatever address they come
 * from: only who has the password gets so far, and a million codes are too few for many addresses.
 */
import { randomBytes } from 'node:crypto'
import { ROLES, type Role } from '../../protocol/api/permission-table.ts'
import type {
  FactorEnrolment,
  FactorState,
  MissingFactor,
} from '../../protocol/api/second-factor.ts'
import type { Session } from '../../protocol/api/session.ts'
import { AppError } from '../../shared/app-error.ts'
import type { Clock } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { FactorStore } from '../store/factor-store.ts'
import type { SessionStore } from '../store/session-store.ts'
import type { Write } from '../store/stores.ts'
import type { StoredUser, UserStore } from '../store/user-store.ts'
import {
  describeSecret,
  hashRecoveryCode,
  newRecoveryCodes,
  normalised,
  SECRET_BYTES,
  stepOf,
} from './factor-codes.ts'
import type { SignInLimit } from './sign-in-limit.ts'

export interface SecondFactorService {
  /** After a right password. */
  missingFor(user: StoredUser): MissingFactor
  state(asker: Session): FactorState
  /** Completes the session. Throws FACTOR_REFUSED, SIGN_IN_PAUSED. */
  give(asker: Session, code: string): void
  /** Not asked for before it is confirmed. Throws FACTOR_EXISTS, FACTOR_MISSING. */
  begin(asker: Session): FactorEnrolment
  /** Completes the session, if that was missing. Returns the recovery codes. Throws FACTOR_REFUSED. */
  confirm(asker: Session, code: string): string[]
  /** Throws FACTOR_REFUSED, FACTOR_REQUIRED. */
  remove(asker: Session, code: string): void
  /** By somebody who manages users. Ends the user's sessions. Throws USER_NOT_FOUND. */
  reset(username: string, actor: string): void
  roles(): Role[]
  /** Ends the sessions of those who would need one and have none. Throws FACTOR_NOT_ENROLLED. */
  setRoles(roles: readonly Role[], asker: Session): Role[]
}

/** In place of an address; see the head of this file. */
const ANYWHERE = 'any address'

export function createSecondFactorService(parts: {
  store: FactorStore
  users: UserStore
  sessions: SessionStore
  completeSession: (sessionId: number, username: string) => void
  write: Write
  audit: AuditLog
  clock: Clock
  signInLimit: SignInLimit
}): SecondFactorService {
  const { store, users, sessions, completeSession, write, audit, clock, signInLimit } = parts

  const userOf = (username: string): StoredUser => {
    const user = users.find(username)
    if (user !== undefined) return user
    throw new AppError('USER_NOT_FOUND', 404, `there is no user ${username}`)
  }
  const needsFactor = ({ source, role }: StoredUser): boolean =>
    source !== 'openid' && store.roles().includes(role)

  /** The step is kept with the answer, so that the same code is never taken again. */
  const isCode = (userNo: number, code: string): boolean => {
    const factor = store.find(userNo)
    if (factor === undefined) return false
    const step = stepOf(factor.secret, normalised(code), clock.now())
    if (step === null || step <= factor.lastStep) return false
    store.setLastStep(userNo, step)
    return true
  }

  const isRecoveryCode = ({ userNo, username }: StoredUser, code: string): boolean => {
    if (!store.takeRecoveryCode(userNo, hashRecoveryCode(code))) return false
    audit.record(username, 'factor.recovered', username, { left: store.countRecoveryCodes(userNo) })
    return true
  }

  /** Throws FACTOR_REFUSED, and SIGN_IN_PAUSED after too many of these. */
  const check = (user: StoredUser, isRight: () => boolean): void => {
    const { username } = user
    const key = `second factor of ${username}`
    signInLimit.check(key, ANYWHERE)
    if (write(isRight)) {
      signInLimit.succeeded(key, ANYWHERE)
      return
    }
    signInLimit.failed(key, ANYWHERE)
    audit.record(username, 'factor.refused', username)
    const message = 'the code is wrong, too old, or was used already; wait for the next one'
    throw new AppError('FACTOR_REFUSED', 401, message)
  }

  const checkConfirmed = (user: StoredUser, code: string): void =>
    check(user, () => user.hasFactor && (isCode(user.userNo, code) || isRecoveryCode(user, code)))

  return {
    missingFor: (user) => {
      if (user.source === 'openid') return null
      if (user.hasFactor) return 'factor'
      return needsFactor(user) ? 'enrolment' : null
    },

    state: (asker) => {
      const user = userOf(asker.username)
      return {
        isEnrolled: user.hasFactor,
        isRequired: needsFactor(user),
        recoveryCodesLeft: store.countRecoveryCodes(user.userNo),
      }
    },

    give: (asker, code) => {
      checkConfirmed(userOf(asker.username), code)
      if (asker.missing === 'factor') completeSession(asker.sessionId!, asker.username)
    },

    begin: ({ username }) => {
      const user = userOf(username)
      if (user.source === 'openid') {
        const message = 'your second factor is the one of the OpenID provider: add it there'
        throw new AppError('ACCOUNT_FROM_ELSEWHERE', 409, message)
      }
      if (user.hasFactor) {
        const message = 'there is a second factor already: remove it first, with a code of it'
        throw new AppError('FACTOR_EXISTS', 409, message)
      }
      const secret = randomBytes(SECRET_BYTES)
      write(() => store.put(user.userNo, secret, clock.now()))
      return describeSecret(secret, user.username)
    },

    confirm: (asker, code) => {
      const user = userOf(asker.username)
      if (user.hasFactor) throw new AppError('FACTOR_EXISTS', 409, 'it is confirmed already')
      check(user, () => isCode(user.userNo, code))
      const recoveryCodes = newRecoveryCodes()
      write(() => {
        store.confirm(user.userNo, clock.now())
        store.addRecoveryCodes(user.userNo, recoveryCodes.map(hashRecoveryCode))
        audit.record(user.username, 'factor.enrolled', user.username)
      })
      if (asker.missing === 'enrolment') completeSession(asker.sessionId!, asker.username)
      return recoveryCodes
    },

    remove: (asker, code) => {
      const user = userOf(asker.username)
      if (needsFactor(user)) {
        const message = `the role ${user.role} needs a second factor; an administrator can reset it`
        throw new AppError('FACTOR_REQUIRED', 409, message)
      }
      checkConfirmed(user, code)
      write(() => {
        store.remove(user.userNo)
        audit.record(user.username, 'factor.removed', user.username)
      })
    },

    reset: (username, actor) => {
      const user = userOf(username)
      write(() => {
        store.remove(user.userNo)
        const endedSessions = sessions.endAllOf(user.userNo, clock.now())
        audit.record(actor, 'factor.removed', user.username, { endedSessions })
      })
    },

    roles: () => ROLES.filter((role) => store.roles().includes(role)),

    setRoles: (roles, asker) => {
      if (roles.includes(asker.role) && !userOf(asker.username).hasFactor) {
        const message = `enrol a second factor yourself before ${asker.role} needs one`
        throw new AppError('FACTOR_NOT_ENROLLED', 409, message)
      }
      write(() => {
        store.setRoles(roles)
        for (const user of users.list()) {
          if (needsFactor(user) && !user.hasFactor) sessions.endAllOf(user.userNo, clock.now())
        }
        audit.record(asker.username, 'factor.roles-changed', asker.username, { roles })
      })
      return ROLES.filter((role) => roles.includes(role))
    },
  }
}
