-- Standing queries with an action. A removed one keeps its row: orders and the audit log refer to it.
CREATE TABLE rule (
  rule_no         INTEGER PRIMARY KEY AUTOINCREMENT,
  name            TEXT    NOT NULL COLLATE NOCASE,
  settings_json   TEXT    NOT NULL CHECK (json_valid(settings_json)),
  -- Counts the changes of the settings: a report says something only of the revision that it ran.
  revision        INTEGER NOT NULL DEFAULT 1,
  mode            TEXT    NOT NULL DEFAULT 'report' CHECK (mode IN ('report', 'enforce', 'paused')),
  paused_because  TEXT    NOT NULL DEFAULT '',
  owner           TEXT    NOT NULL,
  created_at      INTEGER NOT NULL,
  changed_by      TEXT    NOT NULL,
  changed_at      INTEGER NOT NULL,
  enforced_by     TEXT,
  enforced_at     INTEGER,
  removed_at      INTEGER
) STRICT;

CREATE UNIQUE INDEX rule_by_name ON rule (name) WHERE removed_at IS NULL;

CREATE TABLE rule_run (
  run_no          INTEGER PRIMARY KEY AUTOINCREMENT,
  rule_no         INTEGER NOT NULL REFERENCES rule,
  revision        INTEGER NOT NULL,
  at              INTEGER NOT NULL,
  cause           TEXT    NOT NULL CHECK (cause IN ('schedule', 'inventory', 'person')),
  mode            TEXT    NOT NULL CHECK (mode IN ('report', 'enforce')),
  matched         INTEGER NOT NULL CHECK (matched >= 0),
  chosen          INTEGER NOT NULL CHECK (chosen >= 0),
  machine_count   INTEGER NOT NULL CHECK (machine_count >= 0),
  held_back_json  TEXT    NOT NULL CHECK (json_valid(held_back_json)),
  sample_json     TEXT    NOT NULL CHECK (json_valid(sample_json)),  -- JSON: it escapes unpaired surrogates
  order_id        TEXT    UNIQUE,
  error           TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX rule_run_by_rule ON rule_run (rule_no, run_no);

-- What a rule acted on, so that it does not act on it again and again, and keeps its caps. Only in enforce mode.
CREATE TABLE rule_act (
  rule_no     INTEGER NOT NULL REFERENCES rule,
  stream_id   INTEGER NOT NULL,
  machine_id  TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  PRIMARY KEY (rule_no, stream_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX rule_act_by_time ON rule_act (rule_no, at);
