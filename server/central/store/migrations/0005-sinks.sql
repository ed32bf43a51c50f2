-- Where notable events are told, and what waits to be told there. Secrets are in settings_json: this file is for
-- nobody else's eyes.
CREATE TABLE sink (
  sink_no           INTEGER PRIMARY KEY AUTOINCREMENT,
  settings_json     TEXT    NOT NULL CHECK (json_valid(settings_json)),
  created_by        TEXT    NOT NULL,
  created_at        INTEGER NOT NULL,
  removed_at        INTEGER,
  dropped_count     INTEGER NOT NULL DEFAULT 0,
  delivered_count   INTEGER NOT NULL DEFAULT 0,
  last_delivered_at INTEGER,
  last_error        TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE sink_delivery (
  delivery_no  INTEGER PRIMARY KEY AUTOINCREMENT,
  sink_no      INTEGER NOT NULL REFERENCES sink,
  queued_at    INTEGER NOT NULL,
  event_json   TEXT    NOT NULL CHECK (json_valid(event_json))
) STRICT;

CREATE INDEX sink_delivery_by_sink ON sink_delivery (sink_no, delivery_no);
