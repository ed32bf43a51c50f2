-- What the targets of a batch have in common is said once, and an answer is a row that is added: as columns
-- of the journal's rows it made each of them longer after the fact, and so split their pages.

-- Targets of one order that were begun in one commit.
CREATE TABLE order_part (
  part_id     INTEGER PRIMARY KEY,
  action      TEXT NOT NULL CHECK (action IN ('strip', 'restore', 'reduce', 'mark')),
  order_id    TEXT NOT NULL,
  ordered_by  TEXT NOT NULL,
  reason      TEXT NOT NULL,
  started_at  TEXT NOT NULL
) STRICT;

-- Everything ever ordered. Rows are added at the end: with the target id as the key each commit would touch
-- pages all over the table.
CREATE TABLE journal (
  entry_id    INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id   BLOB NOT NULL UNIQUE CHECK (length(target_id) = 16),
  part_id     INTEGER NOT NULL REFERENCES order_part,
  target      TEXT NOT NULL        -- JSON of the OrderTarget, RestoreTarget or MarkTarget
) STRICT;

-- Begun and not finished: a crash, or at work now.
CREATE TABLE open_target (
  entry_id    INTEGER PRIMARY KEY REFERENCES journal
) STRICT;

-- What the targets of one commit were answered.
CREATE TABLE answer (
  answer_id   INTEGER PRIMARY KEY,
  outcome     TEXT NOT NULL,
  reason      TEXT NOT NULL,
  finished_at TEXT NOT NULL
) STRICT;
CREATE TABLE receipt (
  entry_id    INTEGER PRIMARY KEY REFERENCES journal,
  answer_id   INTEGER NOT NULL REFERENCES answer
) STRICT;

INSERT INTO order_part (action, order_id, ordered_by, reason, started_at)
SELECT DISTINCT action, order_id, ordered_by, reason, started_at FROM order_target;

INSERT INTO journal (entry_id, target_id, part_id, target)
SELECT entry_id, unhex(target_id, '-'), part_id, target
FROM order_target JOIN order_part USING (action, order_id, ordered_by, reason, started_at)
ORDER BY entry_id;

INSERT INTO open_target SELECT entry_id FROM order_target WHERE outcome IS NULL;

INSERT INTO answer (outcome, reason, finished_at)
SELECT DISTINCT outcome, outcome_reason, finished_at FROM order_target WHERE outcome IS NOT NULL;

INSERT INTO receipt (entry_id, answer_id)
SELECT entry_id, answer_id
FROM order_target JOIN answer
  ON answer.outcome = order_target.outcome AND answer.reason = order_target.outcome_reason
  AND answer.finished_at = order_target.finished_at;

-- Removed bytes. A row exists only when they are complete and on disk, before anything is removed. Their size
-- and SHA-256 are those that the target names.
CREATE TABLE kept (
  entry_id      INTEGER PRIMARY KEY REFERENCES journal,
  size_bytes    INTEGER NOT NULL CHECK (size_bytes >= 0),
  bytes         BLOB,              -- NULL: in the file quarantine/<target_id>, or pruned
  kind          TEXT NOT NULL CHECK (kind IN ('file', 'directory')),
  modified_ns   INTEGER NOT NULL,  -- of the carrier, before
  kept_at       TEXT NOT NULL,
  restored_at   TEXT,
  pruned_at     TEXT               -- the bytes are gone; who took them and why stays
) STRICT;

INSERT INTO kept (entry_id, size_bytes, bytes, kind, modified_ns, kept_at, restored_at, pruned_at)
SELECT entry_id, size_bytes, bytes, kind, CAST(modified_ns AS INTEGER), kept_at, restored_at, pruned_at
FROM quarantine;

DROP TABLE quarantine;
DROP TABLE order_target;
ALTER TABLE journal RENAME TO order_target;
ALTER TABLE kept RENAME TO quarantine;

-- What bounds by size and age look at.
CREATE INDEX quarantine_whole ON quarantine (entry_id) WHERE pruned_at IS NULL;
