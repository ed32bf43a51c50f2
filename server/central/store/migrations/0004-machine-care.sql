-- Retired machines are hidden and cannot connect; nothing of them is deleted. The fingerprint tells two machines
-- apart that have the same key, because one was copied from the other.
ALTER TABLE machine ADD COLUMN retired_at INTEGER;
ALTER TABLE machine ADD COLUMN fingerprint TEXT;

-- A label is there once for each hand or rule that gave it: taking a rule away leaves what a person set.
CREATE TABLE machine_label (
  machine_no  INTEGER NOT NULL REFERENCES machine,
  label       TEXT    NOT NULL COLLATE NOCASE,
  rule_no     INTEGER NOT NULL DEFAULT 0,    -- 0: by hand
  PRIMARY KEY (machine_no, label, rule_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX machine_label_by_label ON machine_label (label, machine_no);

CREATE TABLE label_rule (
  rule_no         INTEGER PRIMARY KEY AUTOINCREMENT,
  label           TEXT    NOT NULL COLLATE NOCASE,
  condition_json  TEXT    NOT NULL CHECK (json_valid(condition_json)),
  created_by      TEXT    NOT NULL,
  created_at      INTEGER NOT NULL,
  removed_at      INTEGER
) STRICT;

-- Connections that showed the key of a machine and another fingerprint.
CREATE TABLE machine_clone (
  machine_no     INTEGER NOT NULL REFERENCES machine,
  fingerprint    TEXT    NOT NULL,
  hostname       TEXT    NOT NULL,
  first_seen_at  INTEGER NOT NULL,
  last_seen_at   INTEGER NOT NULL,
  seen_count     INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (machine_no, fingerprint)
) STRICT, WITHOUT ROWID;
