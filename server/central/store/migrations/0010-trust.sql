-- What a token gives and asks, and its end before its time. An approval counts as a token that one machine has used.
ALTER TABLE enrolment ADD COLUMN labels_json  TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(labels_json));
ALTER TABLE enrolment ADD COLUMN approval     TEXT NOT NULL DEFAULT 'automatic' CHECK (approval IN ('automatic', 'pending'));
ALTER TABLE enrolment ADD COLUMN takes_back   INTEGER NOT NULL DEFAULT 0 CHECK (takes_back IN (0, 1));
ALTER TABLE enrolment ADD COLUMN is_approval  INTEGER NOT NULL DEFAULT 0 CHECK (is_approval IN (0, 1));
ALTER TABLE enrolment ADD COLUMN revoked_at   INTEGER;
ALTER TABLE enrolment ADD COLUMN revoked_by   TEXT;

-- A key that is revoked proves nothing any more; a new one makes the machine the same again.
ALTER TABLE machine ADD COLUMN key_revoked_at INTEGER;
ALTER TABLE machine ADD COLUMN key_since      INTEGER;  -- NULL: since it enrolled
ALTER TABLE machine ADD COLUMN pins_json      TEXT CHECK (json_valid(pins_json));  -- what its agent said it accepts

-- Machines that asked and that nobody has let in. They are in no other table.
CREATE TABLE pending_machine (
  pending_no      INTEGER PRIMARY KEY AUTOINCREMENT,
  public_key      BLOB    NOT NULL UNIQUE,
  enrolment_no    INTEGER REFERENCES enrolment,         -- NULL: without a token
  hostname        TEXT    NOT NULL COLLATE NOCASE,
  facts_json      TEXT    NOT NULL CHECK (json_valid(facts_json)),
  remote_address  TEXT    NOT NULL,
  first_asked_at  INTEGER NOT NULL,
  last_asked_at   INTEGER NOT NULL,
  ask_count       INTEGER NOT NULL DEFAULT 1,
  decided_at      INTEGER,
  decided_by      TEXT,
  machine_no      INTEGER REFERENCES machine,           -- NULL where decided: denied
  CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
  CHECK (machine_no IS NULL OR decided_at IS NOT NULL)
) STRICT;

CREATE INDEX pending_machine_open ON pending_machine (last_asked_at) WHERE decided_at IS NULL;
