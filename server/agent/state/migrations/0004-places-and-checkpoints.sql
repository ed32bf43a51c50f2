-- Looking again at what changed, between scans of everything.

-- Where the carriers on live folders are, all their links: a notice of a change names a path. Texts are as JSON
-- gives them to SQLite, which keeps lone surrogates apart. Paths on a volume or image do not begin with a slash
-- and are not here: a journal names files by their identity.
CREATE TABLE stream_place (
  place     TEXT NOT NULL,
  stream_id INTEGER NOT NULL REFERENCES stream ON DELETE CASCADE,
  PRIMARY KEY (place, stream_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stream_place_by_stream ON stream_place (stream_id);

INSERT OR IGNORE INTO stream_place (place, stream_id)
SELECT link.value, stream.stream_id
FROM stream JOIN json_each(stream.report, '$.links') AS link
WHERE substr(link.value, 1, 1) = '/';

-- Up to where a volume's change journal is in the inventory. Written in the transaction that brought it there.
CREATE TABLE checkpoint (
  root        TEXT PRIMARY KEY,  -- JSON string of the scope entry
  checkpoint  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
