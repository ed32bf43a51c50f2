/** Users. None is ever deleted: the audit log speaks of them. */
import type { Database } from 'better-sqlite3'
import type { Role } from '../../protocol/api/permission-table.ts'
import type { EffectiveScope } from '../../protocol/api/scope.ts'
import type { UserSource } from '../../protocol/api/users.ts'
import { readScope, writeScope } from './scope-column.ts'

export interface StoredUser {
  userNo: number
  username: string
  /** Empty where somebody else checks the password. */
  passwordHash: string
  role: Role
  /** Labels; null: all machines. */
  scope: EffectiveScope
  source: UserSource
  /** What the source knows the person by; null for local users. */
  externalId: string | null
  /** Until when the source's last word counts; null for local users. */
  vouchedUntil: number | null
  createdAt: number
  /** Null: not disabled. */
  disabledAt: number | null
  lastSignInAt: number | null
  /** A second factor, confirmed. */
  hasFactor: boolean
}

export type NewStoredUser = Pick<StoredUser, 'username' | 'passwordHash' | 'role' | 'scope'>

/** Somebody whom a directory or a provider vouches for. */
export interface VouchedUser {
  source: Exclude<UserSource, 'local'>
  externalId: string
  username: string
  role: Role
  scope: EffectiveScope
  vouchedUntil: number
}

export interface UserStore {
  hasUsers(): boolean
  /** Throws on a name that there is, in whatever case. */
  add(user: NewStoredUser, now: number): void
  addVouched(user: VouchedUser, now: number): void
  /** Without regard to case. */
  find(username: string): StoredUser | undefined
  findVouched(source: UserSource, externalId: string): StoredUser | undefined
  list(): StoredUser[]
  /** Those of a source who could act now: its word still counts, and they have a session or a token. */
  listVouched(source: UserSource, now: number): StoredUser[]
  update(user: Pick<StoredUser, 'userNo' | 'passwordHash' | 'role' | 'scope' | 'disabledAt'>): void
  /** Throws on a name that somebody else has. */
  updateVouched(
    user: Pick<VouchedUser, 'username' | 'role' | 'scope' | 'vouchedUntil'> & { userNo: number },
  ): void
  setLastSignIn(userNo: number, now: number): void
  /** Local ones for all machines only: those of a directory are gone when it is. */
  countActiveAdmins(): number
}

type UserRow = Omit<StoredUser, 'hasFactor' | 'scope'> & {
  hasFactor: number
  scopeJson: string | null
}

const COLUMNS_SQL = `
  user_no AS userNo, username, password_hash AS passwordHash, role, scope_json AS scopeJson, source, external_id AS externalId,
  vouched_until AS vouchedUntil, created_at AS createdAt, disabled_at AS disabledAt,
  last_sign_in_at AS lastSignInAt, EXISTS (
    SELECT 1 FROM second_factor AS f WHERE f.user_no = user_account.user_no AND confirmed_at IS NOT NULL
  ) AS hasFactor`

export function createUserStore(db: Database): UserStore {
  const count = db.prepare<[], { users: number }>('SELECT count(*) AS users FROM user_account')
  const insert = db.prepare<Record<string, unknown>>(`
    INSERT INTO user_account (username, password_hash, role, scope_json, created_at)
    VALUES (@username, @passwordHash, @role, @scopeJson, @now)
  `)
  const insertVouched = db.prepare<Record<string, unknown>>(`
    INSERT INTO user_account (username, password_hash, role, scope_json, source, external_id, vouched_until, created_at)
    VALUES (@username, '', @role, @scopeJson, @source, @externalId, @vouchedUntil, @now)
  `)
  const select = db.prepare<[string], UserRow>(
    `SELECT ${COLUMNS_SQL} FROM user_account WHERE username = ?`,
  )
  const selectVouched = db.prepare<[string, string], UserRow>(
    `SELECT ${COLUMNS_SQL} FROM user_account WHERE source = ? AND external_id = ?`,
  )
  const selectAll = db.prepare<[], UserRow>(
    `SELECT ${COLUMNS_SQL} FROM user_account ORDER BY username`,
  )
  const selectAllVouched = db.prepare<{ source: string; now: number }, UserRow>(`
    SELECT ${COLUMNS_SQL} FROM user_account
    WHERE source = @source AND vouched_until > @now AND disabled_at IS NULL AND (
      EXISTS (SELECT 1 FROM session AS s
        WHERE s.user_no = user_account.user_no AND s.ended_at IS NULL AND s.expires_at > @now)
      OR EXISTS (SELECT 1 FROM api_token AS t
        WHERE t.user_no = user_account.user_no AND t.ended_at IS NULL AND t.expires_at > @now)
    )
    ORDER BY user_no
  `)
  const update = db.prepare<Record<string, unknown>>(`
    UPDATE user_account SET password_hash = @passwordHash, role = @role, scope_json = @scopeJson,
      disabled_at = @disabledAt
    WHERE user_no = @userNo
  `)
  const updateVouched = db.prepare<Record<string, unknown>>(`
    UPDATE user_account SET username = @username, role = @role, scope_json = @scopeJson,
      vouched_until = @vouchedUntil
    WHERE user_no = @userNo AND source <> 'local'
  `)
  const updateLastSignIn = db.prepare<[number, number]>(
    'UPDATE user_account SET last_sign_in_at = ? WHERE user_no = ?',
  )
  const countAdmins = db.prepare<[], { admins: number }>(`
    SELECT count(*) AS admins FROM user_account
    WHERE role = 'admin' AND scope_json IS NULL AND source = 'local' AND disabled_at IS NULL
  `)
  return {
    hasUsers: () => count.get()!.users > 0,
    add: (user, now) => void insert.run({ ...toRow(user), now }),
    addVouched: (user, now) => void insertVouched.run({ ...toRow(user), now }),
    find: (username) => fromRow(select.get(username)),
    findVouched: (source, externalId) => fromRow(selectVouched.get(source, externalId)),
    list: () => selectAll.all().map((row) => fromRow(row)!),
    listVouched: (source, now) => selectAllVouched.all({ source, now }).map((row) => fromRow(row)!),
    update: (user) => void update.run(toRow(user)),
    updateVouched: (user) => void updateVouched.run(toRow(user)),
    setLastSignIn: (userNo, now) => void updateLastSignIn.run(now, userNo),
    countActiveAdmins: () => countAdmins.get()!.admins,
  }
}

function fromRow(row: UserRow | undefined): StoredUser | undefined {
  if (row === undefined) return undefined
  const { scopeJson, hasFactor, ...user } = row
  return { ...user, scope: readScope(scopeJson), hasFactor: hasFactor === 1 }
}

function toRow<User extends { scope: EffectiveScope }>({ scope, ...user }: User) {
  return { ...user, scopeJson: writeScope(scope) }
}
