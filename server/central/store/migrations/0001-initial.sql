-- Everything that central keeps. Times are milliseconds since 1970 UTC by central's clock, unless a
-- column says otherwise. Nothing is ever deleted: a machine's past is what an investigation asks for.

-- One-time tokens with which agents enrol. Only the hash is kept: a copy of this file enrols nothing.
CREATE TABLE enrolment (
  enrolment_no  INTEGER PRIMARY KEY AUTOINCREMENT,
  token_hash    BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  created_by    TEXT    NOT NULL,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  uses          INTEGER NOT NULL CHECK (uses > 0),
  uses_left     INTEGER NOT NULL CHECK (uses_left BETWEEN 0 AND uses)
) STRICT;

-- machine_no is the short name that other tables use; machine_id is the one the world sees.
CREATE TABLE machine (
  machine_no        INTEGER PRIMARY KEY AUTOINCREMENT,
  machine_id        TEXT    NOT NULL UNIQUE CHECK (length(machine_id) = 36),
  public_key        BLOB    NOT NULL UNIQUE,            -- Ed25519, SPKI DER: the machine's identity
  enrolment_no      INTEGER NOT NULL REFERENCES enrolment,
  hostname          TEXT    NOT NULL COLLATE NOCASE,    -- for search and order; exact in facts_json
  facts_json        TEXT    NOT NULL CHECK (json_valid(facts_json)),
  enrolled_at       INTEGER NOT NULL,
  last_seen_at      INTEGER NOT NULL,
  -- Of the streams that are not gone. Kept in the transaction that changes a stream.
  stream_count      INTEGER NOT NULL DEFAULT 0 CHECK (stream_count >= 0),
  mark_count        INTEGER NOT NULL DEFAULT 0 CHECK (mark_count >= 0),
  suspicious_count  INTEGER NOT NULL DEFAULT 0 CHECK (suspicious_count >= 0),
  digest            TEXT    NOT NULL DEFAULT '00000000000000000000000000000000'
                            CHECK (length(digest) = 32),
  -- The resync that is under way or was the last; resync_no counts them. See inventory-store.ts.
  resync_id         TEXT,
  resync_no         INTEGER NOT NULL DEFAULT 0,
  last_scan_id      TEXT,
  last_scan_state   TEXT,
  last_scan_at      TEXT,                               -- RFC 3339 by the machine's clock
  unreadable_count  INTEGER CHECK (unreadable_count >= 0),
  last_scan_json    TEXT    CHECK (json_valid(last_scan_json))
) STRICT;

CREATE INDEX machine_by_hostname ON machine (hostname, machine_no);

-- How each volume was read by the latest scan that covered it.
CREATE TABLE volume (
  machine_no    INTEGER NOT NULL REFERENCES machine,
  volume_id     TEXT    NOT NULL,
  is_writable   INTEGER NOT NULL CHECK (is_writable IN (0, 1)),
  confirmed_at  INTEGER,          -- last complete scan: every stream not gone was there then
  PRIMARY KEY (machine_no, volume_id)
) STRICT, WITHOUT ROWID;

-- One row per stream that was ever reported; the same row when a stream that was gone comes back.
--
-- Names and paths are UTF-16 and may hold unpaired surrogates, which TEXT would replace. The TEXT columns
-- are for search and may be lossy; the BLOBs are UTF-16LE and exact. path_utf16 is NULL where path is exact,
-- which is nearly always; stream_name_utf16 is always there because it is part of the key.
CREATE TABLE stream (
  stream_id          INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: orders and audit refer to it
  machine_no         INTEGER NOT NULL REFERENCES machine,
  volume_id          TEXT    NOT NULL COLLATE NOCASE,
  identity           TEXT    NOT NULL,
  stream_name_utf16  BLOB    NOT NULL CHECK (length(stream_name_utf16) >= 2),  -- never the unnamed stream
  path_utf16         BLOB,
  links_json         TEXT,                               -- NULL where the only link is the path
  kind               TEXT    NOT NULL COLLATE NOCASE CHECK (kind IN ('file', 'directory')),
  size_bytes         INTEGER NOT NULL CHECK (size_bytes >= 0),
  allocated_bytes    INTEGER NOT NULL CHECK (allocated_bytes >= 0),
  is_resident        INTEGER NOT NULL CHECK (is_resident IN (0, 1)),
  modified_at        TEXT    NOT NULL,                   -- RFC 3339 as reported: up to nanoseconds
  sha256             TEXT    COLLATE NOCASE,             -- NULL: content could not be read
  origin_json        TEXT,                               -- NULL: no Zone.Identifier
  verdict            TEXT    NOT NULL COLLATE NOCASE,
  rule               TEXT    NOT NULL COLLATE NOCASE,
  digest             TEXT    NOT NULL,                   -- of this row; machine.digest is the sum
  first_seen_at      INTEGER NOT NULL,
  last_seen_at       INTEGER NOT NULL,
  gone_at            INTEGER,
  resync_no          INTEGER NOT NULL,
  path               TEXT    NOT NULL,
  file_name          TEXT    NOT NULL COLLATE NOCASE,    -- the end of path: the folder is what is before
  extension          TEXT    NOT NULL COLLATE NOCASE,    -- lower case, no dot; '' for none
  stream_name        TEXT    NOT NULL COLLATE NOCASE,
  zone               INTEGER,
  host               TEXT    COLLATE NOCASE,
  referrer           TEXT    COLLATE NOCASE,
  writer             TEXT    COLLATE NOCASE,
  UNIQUE (machine_no, volume_id, identity, stream_name_utf16)
) STRICT;

-- One for each property that is compared as a whole. `path` has none: it is searched inside.
CREATE INDEX stream_by_sha256    ON stream (sha256)  WHERE sha256 IS NOT NULL;
CREATE INDEX stream_by_zone      ON stream (zone)    WHERE zone IS NOT NULL;
CREATE INDEX stream_by_host      ON stream (host)    WHERE host IS NOT NULL;
CREATE INDEX stream_by_gone      ON stream (gone_at) WHERE gone_at IS NOT NULL;
CREATE INDEX stream_by_verdict   ON stream (verdict);
CREATE INDEX stream_by_extension ON stream (extension);
CREATE INDEX stream_by_name      ON stream (stream_name);
CREATE INDEX stream_by_file_name ON stream (file_name);

CREATE TABLE strip_order (
  order_no        INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id        TEXT    NOT NULL UNIQUE CHECK (length(order_id) = 36),
  action          TEXT    NOT NULL CHECK (action IN ('strip', 'restore')),
  created_by      TEXT    NOT NULL,
  created_at      INTEGER NOT NULL,
  finished_at     INTEGER,                               -- set with the last receipt, in one transaction
  reason          TEXT    NOT NULL,
  undoes_no       INTEGER REFERENCES strip_order,
  target_count    INTEGER NOT NULL CHECK (target_count > 0),
  machine_count   INTEGER NOT NULL CHECK (machine_count > 0),
  CHECK ((action = 'restore') = (undoes_no IS NOT NULL))
) STRICT;

-- What was approved, frozen: a copy, because the stream row goes on changing with its machine.
CREATE TABLE order_target (
  target_no          INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id          TEXT    NOT NULL UNIQUE CHECK (length(target_id) = 36),
  order_no           INTEGER NOT NULL REFERENCES strip_order,
  machine_no         INTEGER NOT NULL REFERENCES machine,
  stream_id          INTEGER NOT NULL REFERENCES stream,
  stripped_target_id TEXT    REFERENCES order_target (target_id),
  volume_id          TEXT    NOT NULL,
  identity           TEXT    NOT NULL,
  path_utf16         BLOB    NOT NULL,
  stream_name_utf16  BLOB    NOT NULL CHECK (length(stream_name_utf16) >= 2),
  size_bytes         INTEGER NOT NULL CHECK (size_bytes >= 0),
  sha256             TEXT    NOT NULL CHECK (length(sha256) = 64),
  state              TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN
    ('queued', 'sent', 'cancelled', 'done', 'gone', 'changed', 'in-use', 'denied', 'refused', 'failed')),
  reason             TEXT    NOT NULL DEFAULT '',
  receipt_at         TEXT                                -- RFC 3339 by the machine's clock
) STRICT;

CREATE INDEX order_target_by_order    ON order_target (order_no, state);
CREATE INDEX order_target_open        ON order_target (machine_no, target_no) WHERE state IN ('queued', 'sent');
CREATE INDEX order_target_by_stream   ON order_target (stream_id);
CREATE INDEX order_target_by_stripped ON order_target (stripped_target_id) WHERE stripped_target_id IS NOT NULL;

CREATE TABLE user_account (
  user_no        INTEGER PRIMARY KEY AUTOINCREMENT,
  username       TEXT    NOT NULL UNIQUE COLLATE NOCASE,
  password_hash  TEXT    NOT NULL,                       -- with its own parameters; see password-hash.ts
  created_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
  token_hash  BLOB    PRIMARY KEY CHECK (length(token_hash) = 32),
  user_no     INTEGER NOT NULL REFERENCES user_account,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  ended_at    INTEGER
) STRICT, WITHOUT ROWID;

-- Append-only, and each row's hash covers the row before: a change by other hands shows.
CREATE TABLE audit_entry (
  audit_id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at            INTEGER NOT NULL,
  actor         TEXT    NOT NULL,
  action        TEXT    NOT NULL,
  subject       TEXT    NOT NULL,
  details_json  TEXT    NOT NULL CHECK (json_valid(details_json)),
  prev_hash     TEXT    NOT NULL CHECK (length(prev_hash) = 64),
  hash          TEXT    NOT NULL CHECK (length(hash) = 64)
) STRICT;

CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE (ABORT, 'audit entries are never changed'); END;

CREATE TRIGGER audit_entry_is_never_deleted BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE (ABORT, 'audit entries are never deleted'); END;
