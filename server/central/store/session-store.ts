/** Sessions, found by the SHA-256 of their token, never by the token. */
import type { Database } from 'better-sqlite3'
import type { Role } from '../../protocol/api/permission-table.ts'

export interface StoredSession {
  userNo: number
  username: string
  role: Role
  expiresAt: number
}

export interface SessionStore {
  add(session: { tokenHash: Buffer; userNo: number; expiresAt: number }, now: number): void
  /** Undefined: unknown, expired, ended, or its user is disabled. */
  find(tokenHash: Buffer, now: number): StoredSession | undefined
  end(tokenHash: Buffer, now: number): void
  /** Returns how many were open. */
  endAllOf(userNo: number, now: number): number
}

export function createSessionStore(db: Database): SessionStore {
  const insert = db.prepare<Record<string, unknown>>(`
    INSERT INTO session (token_hash, user_no, created_at, expires_at)
    VALUES (@tokenHash, @userNo, @now, @expiresAt)
  `)
  const select = db.prepare<[Buffer, number], StoredSession>(`
    SELECT user_no AS userNo, username, role, expires_at AS expiresAt
    FROM session JOIN user_account USING (user_no)
    WHERE token_hash = ? AND expires_at > ? AND ended_at IS NULL AND disabled_at IS NULL
  `)
  const end = db.prepare<[number, Buffer]>(
    'UPDATE session SET ended_at = ? WHERE token_hash = ? AND ended_at IS NULL',
  )
  const endAll = db.prepare<[number, number]>(
    'UPDATE session SET ended_at = ? WHERE user_no = ? AND ended_at IS NULL',
  )
  return {
    add: (session, now) => void insert.run({ ...session, now }),
    find: (tokenHash, now) => select.get(tokenHash, now),
    end: (tokenHash, now) => void end.run(now, tokenHash),
    endAllOf: (userNo, now) => endAll.run(now, userNo).changes,
  }
}
