-- Questions that are asked again. A removed one keeps its row: the audit log refers to it.
CREATE TABLE saved_query (
  saved_no          INTEGER PRIMARY KEY AUTOINCREMENT,
  name              TEXT    NOT NULL COLLATE NOCASE,
  settings_json     TEXT    NOT NULL CHECK (json_valid(settings_json)),
  created_by        TEXT    NOT NULL,
  created_at        INTEGER NOT NULL,
  removed_at        INTEGER,
  last_run_at       INTEGER,
  last_total        INTEGER CHECK (last_total >= 0),
  last_question_id  TEXT,
  last_error        TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX saved_query_by_name ON saved_query (name) WHERE removed_at IS NULL;
