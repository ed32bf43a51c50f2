-- Roles, access that can be ended without forgetting who somebody was, and tokens for scripts.

-- Who was there before roles could do everything.
ALTER TABLE user_account ADD COLUMN role TEXT NOT NULL DEFAULT 'admin'
  CHECK (role IN ('viewer', 'analyst', 'operator', 'approver', 'admin'));
ALTER TABLE user_account ADD COLUMN disabled_at INTEGER;
ALTER TABLE user_account ADD COLUMN last_sign_in_at INTEGER;

CREATE INDEX session_of_user ON session (user_no) WHERE ended_at IS NULL;

-- Only the hash of a token is kept: a copy of this file opens nothing.
CREATE TABLE api_token (
  token_id          INTEGER PRIMARY KEY AUTOINCREMENT,
  token_hash        BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  user_no           INTEGER NOT NULL REFERENCES user_account,
  name              TEXT    NOT NULL,
  permissions_json  TEXT    NOT NULL CHECK (json_valid(permissions_json)),
  created_at        INTEGER NOT NULL,
  expires_at        INTEGER NOT NULL,
  last_used_at      INTEGER,
  ended_at          INTEGER
) STRICT;

CREATE INDEX api_token_of_user ON api_token (user_no) WHERE ended_at IS NULL;
