-- What strips and reduces took away of small streams, as receipts brought it: for machines whose own quarantine has it no more.
-- Found by the SHA-256 that a target names, so the same bytes of a thousand machines are one row.
CREATE TABLE kept_content (
  sha256      BLOB    PRIMARY KEY CHECK (length(sha256) = 32),
  bytes       BLOB    NOT NULL,
  size_bytes  INTEGER NOT NULL CHECK (size_bytes = length(bytes)),
  kept_at     INTEGER NOT NULL      -- when it last came; 0: to be forgotten
) STRICT, WITHOUT ROWID;

CREATE INDEX kept_content_by_age ON kept_content (kept_at);

-- One row: what is kept and for how long, and how much there is.
CREATE TABLE kept_content_policy (
  only_row          INTEGER PRIMARY KEY CHECK (only_row = 1),
  max_stream_bytes  INTEGER NOT NULL CHECK (max_stream_bytes >= 0),  -- 0: nothing is kept
  max_days          INTEGER NOT NULL CHECK (max_days > 0),
  max_bytes         INTEGER NOT NULL CHECK (max_bytes >= 0),
  streams           INTEGER NOT NULL DEFAULT 0,
  bytes             INTEGER NOT NULL DEFAULT 0
) STRICT;

-- As an agent's quarantine, if nobody says otherwise.
INSERT INTO kept_content_policy (only_row, max_stream_bytes, max_days, max_bytes) VALUES (1, 4096, 365, 1073741824);
