-- Users whom a directory or an OpenID provider vouches for, second factors, and sessions that can be listed and ended
-- one by one.

-- Where the password is checked. Other than 'local' has an empty password_hash, which no password matches.
ALTER TABLE user_account ADD COLUMN source TEXT NOT NULL DEFAULT 'local'
  CHECK (source IN ('local', 'directory', 'openid'));
-- What the source knows the person by, whatever the name becomes: hex of objectGUID or entryUUID; issuer and sub.
ALTER TABLE user_account ADD COLUMN external_id TEXT;
-- Until when the source's last word counts. NULL for local users.
ALTER TABLE user_account ADD COLUMN vouched_until INTEGER;

CREATE UNIQUE INDEX user_account_by_external_id ON user_account (source, external_id)
  WHERE external_id IS NOT NULL;

-- With a number that may be shown: the hash of a token finds the session, and is nobody's business.
ALTER TABLE session RENAME TO session_before;
CREATE TABLE session (
  session_id      INTEGER PRIMARY KEY AUTOINCREMENT,
  token_hash      BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  user_no         INTEGER NOT NULL REFERENCES user_account,
  created_at      INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,
  ended_at        INTEGER,
  last_used_at    INTEGER,
  -- What is to come before it may do anything: the code of the second factor, or having one. NULL: nothing.
  missing         TEXT    CHECK (missing IN ('factor', 'enrolment')),
  remote_address  TEXT    NOT NULL DEFAULT '',
  user_agent      TEXT    NOT NULL DEFAULT ''
) STRICT;
INSERT INTO session (token_hash, user_no, created_at, expires_at, ended_at)
  SELECT token_hash, user_no, created_at, expires_at, ended_at FROM session_before ORDER BY created_at;
DROP TABLE session_before;

CREATE INDEX session_of_user ON session (user_no) WHERE ended_at IS NULL;

-- TOTP (RFC 6238). The secret has to be readable to be compared with: a copy of this file makes valid codes.
CREATE TABLE second_factor (
  user_no       INTEGER PRIMARY KEY REFERENCES user_account,
  secret        BLOB    NOT NULL CHECK (length(secret) = 20),
  created_at    INTEGER NOT NULL,
  confirmed_at  INTEGER,                      -- NULL: a code has still to show that it reached an app
  last_step     INTEGER NOT NULL DEFAULT 0    -- of the newest code that was taken: no code is taken twice
) STRICT;

-- Each works once. Only the hash is kept.
CREATE TABLE recovery_code (
  code_hash  BLOB    PRIMARY KEY CHECK (length(code_hash) = 32),
  user_no    INTEGER NOT NULL REFERENCES second_factor ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX recovery_code_of_user ON recovery_code (user_no);

-- Roles that nobody acts in without a second factor.
CREATE TABLE role_needing_factor (
  role  TEXT PRIMARY KEY CHECK (role IN ('viewer', 'analyst', 'operator', 'approver', 'admin'))
) STRICT, WITHOUT ROWID;
