-- What one agent knows and has done. A row that central may hold is never forgotten before central
-- acknowledged that it is gone.

-- The streams of this machine. `digest` says what is here, `acked_digest` what central holds; where the
-- two differ, or the row is gone, the row is pending.
CREATE TABLE stream (
  stream_id     INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: scans remember what they saw by it
  volume_id     TEXT NOT NULL,
  identity      TEXT NOT NULL,
  name          BLOB NOT NULL,     -- UTF-16LE. TEXT would alter names that are not well formed.
  root          TEXT NOT NULL,     -- JSON string of the scope entry that the stream was seen under
  report        TEXT NOT NULL,     -- JSON of the ReportedStream: lone surrogates survive as escapes
  digest        TEXT NOT NULL,     -- streamDigest of `report`
  is_gone       INTEGER NOT NULL DEFAULT 0 CHECK (is_gone IN (0, 1)),
  was_sent      INTEGER NOT NULL DEFAULT 0 CHECK (was_sent IN (0, 1)),  -- central may hold it, acknowledged or not
  acked_digest  TEXT,              -- NULL: central has acknowledged nothing of it
  revision      INTEGER NOT NULL,  -- of the inventory, at this row's latest change
  UNIQUE (volume_id, identity, name)
) STRICT;

-- Partial indexes: the queue of pending rows and the count of present ones are read often, and the
-- table's rows are long.
CREATE INDEX stream_pending ON stream (revision) WHERE is_gone = 1 OR acked_digest IS NOT digest;
CREATE INDEX stream_present ON stream (stream_id) WHERE is_gone = 0;

-- One row. `acked_count` and `acked_digest` are kept in step with `stream` by the same transactions.
CREATE TABLE inventory (
  inventory_id  INTEGER PRIMARY KEY CHECK (inventory_id = 1),
  revision      INTEGER NOT NULL,  -- grows with every change of any row
  sequence      INTEGER NOT NULL,  -- of the latest delta; grows for ever
  acked_count   INTEGER NOT NULL,
  acked_digest  TEXT NOT NULL
) STRICT;
INSERT INTO inventory VALUES (1, 0, 0, 0, '00000000000000000000000000000000');

-- The latest finished scan, sent after every welcome, and the volumes it covered.
CREATE TABLE last_scan (
  last_scan_id  INTEGER PRIMARY KEY CHECK (last_scan_id = 1),
  summary       TEXT NOT NULL      -- JSON of the ScanSummary
) STRICT;

-- Everything ever ordered. A row without outcome was begun and not finished: a crash, or at work now.
CREATE TABLE order_target (
  target_id   TEXT PRIMARY KEY,
  action      TEXT NOT NULL CHECK (action IN ('strip', 'restore')),
  order_id    TEXT NOT NULL,
  ordered_by  TEXT NOT NULL,
  reason      TEXT NOT NULL,
  target      TEXT NOT NULL,       -- JSON of the OrderTarget or RestoreTarget
  started_at  TEXT NOT NULL,
  outcome     TEXT,
  outcome_reason TEXT,
  finished_at TEXT,
  CHECK ((outcome IS NULL) = (finished_at IS NULL))
) STRICT, WITHOUT ROWID;

-- Removed bytes, in quarantine/<target_id>. A row exists only when its file is complete and on disk.
CREATE TABLE quarantine (
  target_id     TEXT PRIMARY KEY REFERENCES order_target,
  size_bytes    INTEGER NOT NULL CHECK (size_bytes >= 0),
  sha256        TEXT NOT NULL,
  kind          TEXT NOT NULL CHECK (kind IN ('file', 'directory')),
  modified_ns   TEXT NOT NULL,     -- decimal: exceeds 2^53
  report        TEXT,              -- JSON of the ReportedStream as last known; NULL if no scan saw it
  root          TEXT NOT NULL,     -- JSON string of the scope entry
  quarantined_at TEXT NOT NULL,
  restored_at   TEXT
) STRICT, WITHOUT ROWID;
