-- More actions than strip and restore, and removed bytes kept in the database where they are small: one
-- commit for a batch of targets then takes the place of a file and two fsyncs for each.

-- Everything ever ordered. A row without outcome was begun and not finished: a crash, or at work now. Rows
-- are added at the end: with the target id as the key each commit would touch pages all over the table.
CREATE TABLE journal (
  entry_id    INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id   TEXT NOT NULL UNIQUE,
  action      TEXT NOT NULL CHECK (action IN ('strip', 'restore', 'reduce', 'mark')),
  order_id    TEXT NOT NULL,
  ordered_by  TEXT NOT NULL,
  reason      TEXT NOT NULL,
  target      TEXT NOT NULL,       -- JSON of the OrderTarget, RestoreTarget or MarkTarget
  started_at  TEXT NOT NULL,
  outcome     TEXT,
  outcome_reason TEXT,
  finished_at TEXT,
  CHECK ((outcome IS NULL) = (finished_at IS NULL))
) STRICT;

INSERT INTO journal (target_id, action, order_id, ordered_by, reason, target, started_at, outcome,
                     outcome_reason, finished_at)
SELECT target_id, action, order_id, ordered_by, reason, target, started_at, outcome,
       outcome_reason, finished_at
FROM order_target ORDER BY started_at;

CREATE INDEX journal_open ON journal (entry_id) WHERE outcome IS NULL;

-- Removed bytes. A row exists only when they are complete and on disk, before anything is removed.
CREATE TABLE kept (
  entry_id      INTEGER PRIMARY KEY REFERENCES journal,
  size_bytes    INTEGER NOT NULL CHECK (size_bytes >= 0),
  sha256        TEXT NOT NULL,
  bytes         BLOB,              -- NULL: in the file quarantine/<target_id>, or pruned
  kind          TEXT NOT NULL CHECK (kind IN ('file', 'directory')),
  modified_ns   TEXT NOT NULL,     -- of the carrier, before; decimal: exceeds 2^53
  report        TEXT,              -- JSON of the ReportedStream as last known; NULL if no scan saw it
  root          TEXT NOT NULL,     -- JSON string of the scope entry
  kept_at       TEXT NOT NULL,
  restored_at   TEXT,
  pruned_at     TEXT               -- the bytes are gone; who took them and why stays
) STRICT;

INSERT INTO kept (entry_id, size_bytes, sha256, kind, modified_ns, report, root, kept_at, restored_at)
SELECT entry_id, size_bytes, sha256, kind, modified_ns, quarantine.report, root, quarantined_at, restored_at
FROM quarantine JOIN journal USING (target_id);

-- What bounds by size and age look at.
CREATE INDEX kept_whole ON kept (entry_id) WHERE pruned_at IS NULL;

DROP TABLE quarantine;
DROP TABLE order_target;
ALTER TABLE journal RENAME TO order_target;
ALTER TABLE kept RENAME TO quarantine;
