/** Users. None is ever deleted: the audit log speaks of them. */
import type { Database } from 'better-sqlite3'
import type { Role } from '../../protocol/api/permission-table.ts'

export interface StoredUser {
  userNo: number
  username: string
  passwordHash: string
  role: Role
  createdAt: number
  /** Null: not disabled. */
  disabledAt: number | null
  lastSignInAt: number | null
}

export type NewStoredUser = Pick<StoredUser, 'username' | 'passwordHash' | 'role'>

export interface UserStore {
  hasUsers(): boolean
  /** Throws on a name that there is, in whatever case. */
  add(user: NewStoredUser, now: number): void
  /** Without regard to case. */
  find(username: string): StoredUser | undefined
  list(): StoredUser[]
  update(user: Pick<StoredUser, 'userNo' | 'passwordHash' | 'role' | 'disabledAt'>): void
  setLastSignIn(userNo: number, now: number): void
  countActiveAdmins(): number
}

const COLUMNS_SQL = `
  user_no AS userNo, username, password_hash AS passwordHash, role, created_at AS createdAt,
  disabled_at AS disabledAt, last_sign_in_at AS lastSignInAt`

export function createUserStore(db: Database): UserStore {
  const count = db.prepare<[], { users: number }>('SELECT count(*) AS users FROM user_account')
  const insert = db.prepare<Record<string, unknown>>(`
    INSERT INTO user_account (username, password_hash, role, created_at)
    VALUES (@username, @passwordHash, @role, @now)
  `)
  const select = db.prepare<[string], StoredUser>(
    `SELECT ${COLUMNS_SQL} FROM user_account WHERE username = ?`,
  )
  const selectAll = db.prepare<[], StoredUser>(
    `SELECT ${COLUMNS_SQL} FROM user_account ORDER BY username`,
  )
  const update = db.prepare<Record<string, unknown>>(`
    UPDATE user_account SET password_hash = @passwordHash, role = @role, disabled_at = @disabledAt
    WHERE user_no = @userNo
  `)
  const updateLastSignIn = db.prepare<[number, number]>(
    'UPDATE user_account SET last_sign_in_at = ? WHERE user_no = ?',
  )
  const countAdmins = db.prepare<[], { admins: number }>(`
    SELECT count(*) AS admins FROM user_account WHERE role = 'admin' AND disabled_at IS NULL
  `)
  return {
    hasUsers: () => count.get()!.users > 0,
    add: (user, now) => void insert.run({ ...user, now }),
    find: (username) => select.get(username),
    list: () => selectAll.all(),
    update: (user) => void update.run(user),
    setLastSignIn: (userNo, now) => void updateLastSignIn.run(now, userNo),
    countActiveAdmins: () => countAdmins.get()!.admins,
  }
}
