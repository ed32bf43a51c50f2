/** API tokens, found by the SHA-256 of their secret, never by the secret. */
import type { Database } from 'better-sqlite3'
import type { PermissionName, Role } from '../../protocol/api/permission-table.ts'
import type { EffectiveScope } from '../../protocol/api/scope.ts'
import type { UserSource } from '../../protocol/api/users.ts'
import { readScope, writeScope } from './scope-column.ts'

export interface StoredToken {
  tokenId: number
  userNo: number
  username: string
  /** Of its user, now. */
  role: Role
  source: UserSource
  name: string
  permissions: PermissionName[]
  /** What it was given, and what its user has now. */
  scope: EffectiveScope
  userScope: EffectiveScope
  createdAt: number
  expiresAt: number
  lastUsedAt: number | null
}

export interface NewStoredToken {
  tokenHash: Buffer
  userNo: number
  name: string
  permissions: readonly PermissionName[]
  scope: EffectiveScope
  expiresAt: number
}

export interface TokenStore {
  /** Returns its id. */
  add(token: NewStoredToken, now: number): number
  /** Undefined: unknown, expired, ended, or nobody vouches for its user any more. */
  find(tokenHash: Buffer, now: number): StoredToken | undefined
  /** Those that can be used; of one user, or of all. */
  list(userNo: number | null, now: number): StoredToken[]
  setLastUsed(tokenId: number, now: number): void
  end(tokenId: number, now: number): void
}

type TokenRow = Omit<StoredToken, 'permissions' | 'scope' | 'userScope'> & {
  permissionsJson: string
  scopeJson: string | null
  userScopeJson: string | null
}

const SELECT_SQL = `
  SELECT token_id AS tokenId, user_no AS userNo, username, role, source, name, permissions_json AS permissionsJson,
    t.scope_json AS scopeJson, user_account.scope_json AS userScopeJson,
    t.created_at AS createdAt, expires_at AS expiresAt, last_used_at AS lastUsedAt
  FROM api_token AS t JOIN user_account USING (user_no)
  WHERE ended_at IS NULL AND disabled_at IS NULL AND expires_at > @now
    AND (source = 'local' OR vouched_until > @now)`

export function createTokenStore(db: Database): TokenStore {
  const insert = db.prepare<Record<string, unknown>>(`
    INSERT INTO api_token (token_hash, user_no, name, permissions_json, scope_json, created_at, expires_at)
    VALUES (@tokenHash, @userNo, @name, @permissionsJson, @scopeJson, @now, @expiresAt)
  `)
  const select = db.prepare<{ tokenHash: Buffer; now: number }, TokenRow>(
    `${SELECT_SQL} AND token_hash = @tokenHash`,
  )
  const selectAll = db.prepare<{ userNo: number | null; now: number }, TokenRow>(
    `${SELECT_SQL} AND (@userNo IS NULL OR user_no = @userNo) ORDER BY token_id`,
  )
  const updateLastUsed = db.prepare<[number, number]>(
    'UPDATE api_token SET last_used_at = ? WHERE token_id = ?',
  )
  const end = db.prepare<[number, number]>(
    'UPDATE api_token SET ended_at = ? WHERE token_id = ? AND ended_at IS NULL',
  )
  return {
    add: ({ permissions, scope, ...token }, now) => {
      const permissionsJson = JSON.stringify(permissions)
      return Number(
        insert.run({ ...token, permissionsJson, scopeJson: writeScope(scope), now })
          .lastInsertRowid,
      )
    },
    find: (tokenHash, now) => {
      const row = select.get({ tokenHash, now })
      return row === undefined ? undefined : fromRow(row)
    },
    list: (userNo, now) => selectAll.all({ userNo, now }).map(fromRow),
    setLastUsed: (tokenId, now) => void updateLastUsed.run(now, tokenId),
    end: (tokenId, now) => void end.run(now, tokenId),
  }
}

function fromRow({ permissionsJson, scopeJson, userScopeJson, ...row }: TokenRow): StoredToken {
  const permissions = JSON.parse(permissionsJson) as PermissionName[]
  return { ...row, permissions, scope: readScope(scopeJson), userScope: readScope(userScopeJson) }
}
