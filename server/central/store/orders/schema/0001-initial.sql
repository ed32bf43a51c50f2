-- Orders: what was frozen, what was ordered of it, and what became of each target. ../README.md tells why.
-- Times are milliseconds since 1970 UTC by central's clock, but for receipt.at. machine_no, stream_id, class_no
-- and the like are the numbers of inventory.sqlite, which is attached; no table here may be called like one there.

-- One row: which pair of database files this belongs to, and the next target_no, which is never given twice.
CREATE TABLE orders_file (
  file_no         INTEGER PRIMARY KEY CHECK (file_no = 1),
  inventory_id    TEXT    NOT NULL,  -- '' until it is paired
  next_target_no  INTEGER NOT NULL
) STRICT;

-- A frozen list of targets: of a preview that people look at, or of a retry or an undo. Its targets have the numbers
-- from first_no on without a gap, machine after machine, and never change.
CREATE TABLE preview (
  preview_no      INTEGER PRIMARY KEY AUTOINCREMENT,
  preview_id      TEXT    NOT NULL UNIQUE CHECK (length(preview_id) = 36),
  target_key      TEXT    NOT NULL UNIQUE CHECK (length(target_key) = 24),  -- how its target ids begin
  action          TEXT    NOT NULL CHECK (action IN ('strip', 'restore', 'reduce', 'mark')),
  origin_json     TEXT    CHECK (json_valid(origin_json)),                  -- of a mark
  query           TEXT,                                   -- NULL: streams or files were named
  created_by      TEXT    NOT NULL,
  created_at      INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,                       -- forgotten then, unless it is used
  after_order_no  INTEGER NOT NULL,                       -- the newest order when it was begun
  state           TEXT    NOT NULL DEFAULT 'counting' CHECK (state IN ('counting', 'ready', 'failed', 'used')),
  error           TEXT    NOT NULL DEFAULT '',
  first_no        INTEGER NOT NULL,
  target_count    INTEGER NOT NULL DEFAULT 0,
  machine_count   INTEGER NOT NULL DEFAULT 0,
  total_bytes     INTEGER NOT NULL DEFAULT 0,
  summary_json    TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(summary_json)),
  digest          TEXT
) STRICT;

CREATE INDEX preview_by_expiry ON preview (expires_at) WHERE state <> 'used';

CREATE TABLE preview_machine (
  preview_no    INTEGER NOT NULL REFERENCES preview,
  machine_no    INTEGER NOT NULL,
  first_no      INTEGER NOT NULL,
  target_count  INTEGER NOT NULL,
  PRIMARY KEY (preview_no, machine_no)
) STRICT, WITHOUT ROWID;

-- Never updated. Its names are numbers of the inventory's dictionaries, whose rows are never changed nor taken
-- away; what is not from the inventory has its texts in target_text.
CREATE TABLE target (
  target_no       INTEGER PRIMARY KEY,
  preview_no      INTEGER NOT NULL REFERENCES preview,
  machine_no      INTEGER NOT NULL,
  stream_id       INTEGER,           -- NULL: a file that gets a mark
  source_no       INTEGER REFERENCES target (target_no),  -- what it undoes or tries again
  volume_no       INTEGER,
  folder_no       INTEGER,
  name_no         INTEGER,
  stream_name_no  INTEGER,
  identity        ANY     NOT NULL,  -- INTEGER where it can be, see identity-code.ts
  size_bytes      INTEGER NOT NULL CHECK (size_bytes >= 0),
  sha256          BLOB    CHECK (length(sha256) = 32),    -- NULL: there is no such stream yet
  target_id       TEXT                                    -- NULL: target_key and target_no, see target-ids.ts
) STRICT;

CREATE TABLE target_text (
  target_no     INTEGER PRIMARY KEY REFERENCES target,
  volume_id     TEXT    NOT NULL,
  path_utf16    BLOB    NOT NULL,
  stream_utf16  BLOB    NOT NULL CHECK (length(stream_utf16) >= 2)  -- never the unnamed stream
) STRICT;

CREATE INDEX target_by_source ON target (source_no) WHERE source_no IS NOT NULL;
CREATE UNIQUE INDEX target_by_id ON target (target_id) WHERE target_id IS NOT NULL;

-- The counts are of its targets by their state, and change in the transaction that changes a state.
CREATE TABLE strip_order (
  order_no                INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id                TEXT    NOT NULL UNIQUE CHECK (length(order_id) = 36),
  preview_no              INTEGER NOT NULL UNIQUE REFERENCES preview,
  action                  TEXT    NOT NULL CHECK (action IN ('strip', 'restore', 'reduce', 'mark')),
  state                   TEXT    NOT NULL CHECK (state IN ('awaiting-approval', 'canary', 'running', 'paused',
                                    'finished', 'cancelled', 'rejected', 'expired')),
  created_by              TEXT    NOT NULL,
  created_at              INTEGER NOT NULL,
  finished_at             INTEGER,
  expires_at              INTEGER NOT NULL,
  reason                  TEXT    NOT NULL,
  undoes_no               INTEGER REFERENCES strip_order,
  retries_no              INTEGER REFERENCES strip_order,
  approval_needed         TEXT,
  decided_by              TEXT,
  decided_at              INTEGER,
  decision_reason         TEXT    NOT NULL DEFAULT '',
  canary_machines         INTEGER NOT NULL DEFAULT 0,
  ramp_json               TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(ramp_json)),
  stop_at_failed_percent  REAL,
  step                    INTEGER NOT NULL DEFAULT 1,
  is_offered              INTEGER NOT NULL DEFAULT 0 CHECK (is_offered IN (0, 1)),
  accepted_failures       INTEGER NOT NULL DEFAULT 0,
  accepted_receipts       INTEGER NOT NULL DEFAULT 0,
  paused_by               TEXT,
  paused_at               INTEGER,
  paused_reason           TEXT    NOT NULL DEFAULT '',
  -- What became of targets that were never sent; `queued` while they still may be.
  rest_state              TEXT    NOT NULL DEFAULT 'queued' CHECK (rest_state IN ('queued', 'cancelled', 'expired')),
  target_count            INTEGER NOT NULL CHECK (target_count > 0),
  machine_count           INTEGER NOT NULL CHECK (machine_count > 0),
  released_machines       INTEGER NOT NULL DEFAULT 0,
  finished_machines       INTEGER NOT NULL DEFAULT 0,
  retried_count           INTEGER NOT NULL DEFAULT 0,
  queued                  INTEGER NOT NULL CHECK (queued >= 0),
  sent                    INTEGER NOT NULL DEFAULT 0 CHECK (sent >= 0),
  done                    INTEGER NOT NULL DEFAULT 0,
  gone                    INTEGER NOT NULL DEFAULT 0,
  changed                 INTEGER NOT NULL DEFAULT 0,
  in_use                  INTEGER NOT NULL DEFAULT 0,
  denied                  INTEGER NOT NULL DEFAULT 0,
  refused                 INTEGER NOT NULL DEFAULT 0,
  failed                  INTEGER NOT NULL DEFAULT 0,
  rest                    INTEGER NOT NULL DEFAULT 0      -- in rest_state, where that is not `queued`
) STRICT;

CREATE INDEX strip_order_open    ON strip_order (expires_at) WHERE finished_at IS NULL;
CREATE INDEX strip_order_undoes  ON strip_order (undoes_no) WHERE undoes_no IS NOT NULL;
CREATE INDEX strip_order_retries ON strip_order (retries_no) WHERE retries_no IS NOT NULL;

-- The queue of one machine in one order: its targets from first_no to last_no. Those before next_no may have been
-- seen by the agent; those from next_no on have not.
CREATE TABLE order_machine (
  order_no     INTEGER NOT NULL REFERENCES strip_order,
  machine_no   INTEGER NOT NULL,
  first_no     INTEGER NOT NULL,
  last_no      INTEGER NOT NULL,
  next_no      INTEGER NOT NULL,
  is_released  INTEGER NOT NULL DEFAULT 0 CHECK (is_released IN (0, 1)),
  is_open      INTEGER NOT NULL DEFAULT 1 CHECK (is_open IN (0, 1)),  -- has queued or sent ones
  queued       INTEGER NOT NULL CHECK (queued >= 0),
  sent         INTEGER NOT NULL DEFAULT 0 CHECK (sent >= 0),
  done         INTEGER NOT NULL DEFAULT 0,
  gone         INTEGER NOT NULL DEFAULT 0,
  changed      INTEGER NOT NULL DEFAULT 0,
  in_use       INTEGER NOT NULL DEFAULT 0,
  denied       INTEGER NOT NULL DEFAULT 0,
  refused      INTEGER NOT NULL DEFAULT 0,
  failed       INTEGER NOT NULL DEFAULT 0,
  rest         INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (order_no, machine_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_machine_open       ON order_machine (machine_no, order_no) WHERE is_open = 1;
CREATE INDEX order_machine_by_machine ON order_machine (machine_no);

-- What happened to a target. The first one that its machine said; never updated.
CREATE TABLE receipt (
  target_no  INTEGER PRIMARY KEY REFERENCES target,
  order_no   INTEGER NOT NULL REFERENCES strip_order,
  outcome    TEXT    NOT NULL CHECK (outcome IN ('done', 'gone', 'changed', 'in-use', 'denied', 'refused', 'failed')),
  reason     TEXT    NOT NULL,
  at         TEXT    NOT NULL      -- RFC 3339 by the machine's clock
) STRICT;

CREATE INDEX receipt_by_outcome ON receipt (order_no, outcome);

-- What the audit log has still to be told, written with the deed itself. See audit-outbox.ts.
CREATE TABLE audit_event (
  event_no      INTEGER PRIMARY KEY AUTOINCREMENT,
  at            INTEGER NOT NULL,
  actor         TEXT    NOT NULL,
  action        TEXT    NOT NULL,
  subject       TEXT    NOT NULL,
  details_json  TEXT    NOT NULL CHECK (json_valid(details_json))
) STRICT;
