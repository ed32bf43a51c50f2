-- The fleet's totals as they were: one sample an hour, thinned to one a day, forgotten after two years.
CREATE TABLE trend_sample (
  at           INTEGER PRIMARY KEY CHECK (at % 3600000 = 0),  -- the hour, so that a clock set back adds none
  sample_json  TEXT    NOT NULL CHECK (json_valid(sample_json))
) STRICT;

-- What was recorded about one machine, and by it, without reading the whole log.
CREATE INDEX audit_entry_by_subject ON audit_entry (subject, audit_id);
CREATE INDEX audit_entry_by_actor ON audit_entry (actor, audit_id);
