/**
 * Accounts of people whom somebody else vouches for: they appear at the first sign-in, and follow what the source
 * says of name, role and scope from then on. A name belongs to whoever had it first: nobody becomes another's account by
 * being given the same name elsewhere.
 */
import { isDeepStrictEqual } from 'node:util'
import { Value } from 'typebox/value'
import { Username } from '../../protocol/api/users.ts'
import type { Clock } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { SessionStore } from '../store/session-store.ts'
import type { Write } from '../store/stores.ts'
import type { StoredUser, UserStore, VouchedUser } from '../store/user-store.ts'

/** Why somebody whom the source knows does not get in; for the audit log. */
export type VouchedRefusal = 'name-unusable' | 'name-taken' | 'disabled'

export interface VouchedAccounts {
  /** Sessions in another role or scope than before end. */
  admit(person: VouchedUser): { user: StoredUser } | { refused: VouchedRefusal }
  /** The source does not know the person any more, or gives no role: sessions and tokens are over. */
  withdraw(user: StoredUser, reason: string): void
}

export function createVouchedAccounts(parts: {
  users: UserStore
  sessions: SessionStore
  write: Write
  audit: AuditLog
  clock: Clock
}): VouchedAccounts {
  const { users, sessions, write, audit, clock } = parts

  const follow = (known: StoredUser, person: VouchedUser): void => {
    const { username, role, scope, vouchedUntil } = person
    users.updateVouched({ userNo: known.userNo, username, role, scope, vouchedUntil })
    const isSame = known.role === role && known.username === username
    if (isSame && isDeepStrictEqual(known.scope, scope)) return
    sessions.endAllOf(known.userNo, clock.now())
    audit.record(person.source, 'user.changed', username, { role, scope, before: known.username })
  }

  return {
    admit: (person) => {
      const { source, externalId, username, role, scope } = person
      if (!Value.Check(Username, username)) return { refused: 'name-unusable' }
      return write(() => {
        const known = users.findVouched(source, externalId)
        const holder = users.find(username)
        if (holder !== undefined && holder.userNo !== known?.userNo)
          return { refused: 'name-taken' }
        if (known !== undefined && known.disabledAt !== null) return { refused: 'disabled' }
        if (known === undefined) {
          users.addVouched(person, clock.now())
          audit.record(source, 'user.added', username, { role, scope })
        } else {
          follow(known, person)
        }
        return { user: users.findVouched(source, externalId)! }
      })
    },

    withdraw: (user, reason) =>
      write(() => {
        const { userNo, username, role, scope, source } = user
        users.updateVouched({ userNo, username, role, scope, vouchedUntil: clock.now() })
        const endedSessions = sessions.endAllOf(userNo, clock.now())
        audit.record(source, 'user.withdrawn', username, { reason, endedSessions })
      }),
  }
}
