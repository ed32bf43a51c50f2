/** Sessions, found by the SHA-256 of their token, never by the token. */
import type { Database } from 'better-sqlite3'
import type { Role } from '../../protocol/api/permission-table.ts'
import type { EffectiveScope } from '../../protocol/api/scope.ts'
import type { MissingFactor } from '../../protocol/api/second-factor.ts'
import type { UserSource } from '../../protocol/api/users.ts'
import { readScope } from './scope-column.ts'

export interface StoredSession {
  sessionId: number
  userNo: number
  username: string
  role: Role
  /** Of its user, now. */
  scope: EffectiveScope
  source: UserSource
  createdAt: number
  expiresAt: number
  lastUsedAt: number | null
  /** What is to come before it may do anything. */
  missing: MissingFactor
  /** Where it was begun, and with what program. */
  remoteAddress: string
  userAgent: string
}

export interface NewStoredSession {
  tokenHash: Buffer
  userNo: number
  expiresAt: number
  missing: MissingFactor
  remoteAddress: string
  userAgent: string
}

export interface SessionStore {
  /** Returns its id. */
  add(session: NewStoredSession, now: number): number
  /** Undefined: unknown, expired, ended, or nobody vouches for its user any more. */
  find(tokenHash: Buffer, now: number): StoredSession | undefined
  /** Those that can be used, newest first; of one user, or of all. */
  list(userNo: number | null, now: number): StoredSession[]
  /** Nothing is missing any more. */
  complete(sessionId: number, expiresAt: number): void
  setLastUsed(sessionId: number, now: number): void
  end(sessionId: number, now: number): void
  /** Returns how many were open. */
  endAllOf(userNo: number, now: number): number
}

type SessionRow = Omit<StoredSession, 'scope'> & { scopeJson: string | null }

const SELECT_SQL = `
  SELECT session_id AS sessionId, user_no AS userNo, username, role, scope_json AS scopeJson, source, s.created_at AS createdAt,
    expires_at AS expiresAt, last_used_at AS lastUsedAt, missing, remote_address AS remoteAddress,
    user_agent AS userAgent
  FROM session AS s JOIN user_account USING (user_no)
  WHERE ended_at IS NULL AND expires_at > @now AND disabled_at IS NULL
    AND (source = 'local' OR vouched_until > @now)`

export function createSessionStore(db: Database): SessionStore {
  const insert = db.prepare<Record<string, unknown>>(`
    INSERT INTO session (token_hash, user_no, created_at, expires_at, missing, remote_address, user_agent)
    VALUES (@tokenHash, @userNo, @now, @expiresAt, @missing, @remoteAddress, @userAgent)
  `)
  const select = db.prepare<{ tokenHash: Buffer; now: number }, SessionRow>(
    `${SELECT_SQL} AND token_hash = @tokenHash`,
  )
  const selectAll = db.prepare<{ userNo: number | null; now: number }, SessionRow>(
    `${SELECT_SQL} AND (@userNo IS NULL OR user_no = @userNo) ORDER BY session_id DESC`,
  )
  const complete = db.prepare<[number, number]>(
    'UPDATE session SET missing = NULL, expires_at = ? WHERE session_id = ? AND ended_at IS NULL',
  )
  const updateLastUsed = db.prepare<[number, number]>(
    'UPDATE session SET last_used_at = ? WHERE session_id = ?',
  )
  const end = db.prepare<[number, number]>(
    'UPDATE session SET ended_at = ? WHERE session_id = ? AND ended_at IS NULL',
  )
  const endAll = db.prepare<[number, number]>(
    'UPDATE session SET ended_at = ? WHERE user_no = ? AND ended_at IS NULL',
  )
  return {
    add: (session, now) => Number(insert.run({ ...session, now }).lastInsertRowid),
    find: (tokenHash, now) => {
      const row = select.get({ tokenHash, now })
      return row === undefined ? undefined : fromRow(row)
    },
    list: (userNo, now) => selectAll.all({ userNo, now }).map(fromRow),
    complete: (sessionId, expiresAt) => void complete.run(expiresAt, sessionId),
    setLastUsed: (sessionId, now) => void updateLastUsed.run(now, sessionId),
    end: (sessionId, now) => void end.run(now, sessionId),
    endAllOf: (userNo, now) => endAll.run(now, userNo).changes,
  }
}

function fromRow({ scopeJson, ...row }: SessionRow): StoredSession {
  return { ...row, scope: readScope(scopeJson) }
}
