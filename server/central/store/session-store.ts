/** Users and their sessions. Sessions are found by the SHA-256 of their token, never by the token. */
import type { Database } from 'better-sqlite3'

export interface StoredUser {
  userNo: number
  username: string
  passwordHash: string
}

export interface StoredSession {
  username: string
  expiresAt: number
}

export interface SessionStore {
  hasUsers(): boolean
  addUser(user: { username: string; passwordHash: string }, now: number): void
  findUser(username: string): StoredUser | undefined
  add(session: { tokenHash: Buffer; userNo: number; expiresAt: number }, now: number): void
  /** Undefined: unknown, expired or ended. */
  find(tokenHash: Buffer, now: number): StoredSession | undefined
  end(tokenHash: Buffer, now: number): void
}

export function createSessionStore(db: Database): SessionStore {
  const countUsers = db.prepare<[], { users: number }>('SELECT count(*) AS users FROM user_account')
  const insertUser = db.prepare<Record<string, unknown>>(`
    INSERT INTO user_account (username, password_hash, created_at)
    VALUES (@username, @passwordHash, @now)
  `)
  const selectUser = db.prepare<[string], StoredUser>(`
    SELECT user_no AS userNo, username, password_hash AS passwordHash
    FROM user_account WHERE username = ?
  `)
  const insert = db.prepare<Record<string, unknown>>(`
    INSERT INTO session (token_hash, user_no, created_at, expires_at)
    VALUES (@tokenHash, @userNo, @now, @expiresAt)
  `)
  const select = db.prepare<[Buffer, number], StoredSession>(`
    SELECT username, expires_at AS expiresAt
    FROM session JOIN user_account USING (user_no)
    WHERE token_hash = ? AND expires_at > ? AND ended_at IS NULL
  `)
  const end = db.prepare<[number, Buffer]>(
    'UPDATE session SET ended_at = ? WHERE token_hash = ? AND ended_at IS NULL',
  )
  return {
    hasUsers: () => countUsers.get()!.users > 0,
    addUser: (user, now) => void insertUser.run({ ...user, now }),
    findUser: (username) => selectUser.get(username),
    add: (session, now) => void insert.run({ ...session, now }),
    find: (tokenHash, now) => select.get(tokenHash, now),
    end: (tokenHash, now) => void end.run(now, tokenHash),
  }
}
