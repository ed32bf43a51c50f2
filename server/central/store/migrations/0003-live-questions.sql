-- Queries that agents answer from their disks. The answers are kept for as long as retention says.
CREATE TABLE live_question (
  question_no    INTEGER PRIMARY KEY AUTOINCREMENT,
  question_id    TEXT    NOT NULL UNIQUE CHECK (length(question_id) = 36),
  created_by     TEXT    NOT NULL,
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL,           -- until then machines that are not connected are waited for
  finished_at    INTEGER,                    -- NULL while an answer waits or runs
  is_cancelled   INTEGER NOT NULL DEFAULT 0 CHECK (is_cancelled IN (0, 1)),
  request_json   TEXT    NOT NULL CHECK (json_valid(request_json)),
  settled_count  INTEGER NOT NULL DEFAULT 0, -- the number of the newest answer
  row_count      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX live_question_open ON live_question (question_no) WHERE finished_at IS NULL;

-- What one machine said. settled_no counts a question's answers in the order in which they came: whoever follows
-- them asks for what is above the last one that he has.
CREATE TABLE live_answer (
  answer_no         INTEGER PRIMARY KEY AUTOINCREMENT,
  question_no       INTEGER NOT NULL REFERENCES live_question,
  machine_no        INTEGER NOT NULL REFERENCES machine,
  state             TEXT    NOT NULL CHECK (state IN
    ('waiting', 'running', 'answered', 'refused', 'offline', 'timed-out', 'cancelled')),
  reason            TEXT    NOT NULL DEFAULT '',
  ask_id            TEXT,                    -- of the latest time that it was asked
  asked_count       INTEGER NOT NULL DEFAULT 0,
  settled_at        INTEGER,
  settled_no        INTEGER,
  row_count         INTEGER NOT NULL DEFAULT 0,
  is_incomplete     INTEGER NOT NULL DEFAULT 0 CHECK (is_incomplete IN (0, 1)),
  reply_json        TEXT    CHECK (json_valid(reply_json)),   -- all of the reply but its rows
  rows_zstd         BLOB,                    -- JSON of the rows, zstd; NULL: none, or let go
  UNIQUE (question_no, machine_no)
) STRICT;

CREATE INDEX live_answer_settled ON live_answer (question_no, settled_no) WHERE settled_no IS NOT NULL;
CREATE INDEX live_answer_open    ON live_answer (machine_no, answer_no) WHERE state IN ('waiting', 'running');
