-- The inventory: what every machine of the fleet has, factored so that what machines share is stored once.
-- README.md beside this folder tells why. Times are milliseconds since 1970 UTC by central's clock.
--
-- Text that is searched is TEXT and may be lossy (unpaired surrogates and NUL are U+FFFD there). Where it is,
-- the column utf16 beside it holds the exact UTF-16LE; it is NULL where the text is exact, which is nearly
-- always.

-- One row: which pair of database files this is, and the next stream_id, which is never given twice.
CREATE TABLE engine (
  engine_no       INTEGER PRIMARY KEY CHECK (engine_no = 1),
  inventory_id    TEXT    NOT NULL,   -- central.sqlite has the same
  next_stream_id  INTEGER NOT NULL
) STRICT;

-- machine_no, machine_id, hostname and labels are copies; central.sqlite has the originals. The counts and the
-- digest are of the streams that are not gone, and change in the transaction that changes a stream.
CREATE TABLE machine (
  machine_no        INTEGER PRIMARY KEY,
  machine_id        TEXT    NOT NULL UNIQUE,
  hostname          TEXT    NOT NULL COLLATE NOCASE,
  stream_count      INTEGER NOT NULL DEFAULT 0,
  mark_count        INTEGER NOT NULL DEFAULT 0,
  suspicious_count  INTEGER NOT NULL DEFAULT 0,
  digest            TEXT    NOT NULL DEFAULT '00000000000000000000000000000000',
  -- The resume point: what of the agent's deltas is in here.
  epoch             TEXT,
  sequence          INTEGER NOT NULL DEFAULT 0,
  -- The newest resync. While it goes on, the writer's memory holds what was named; see resyncs.ts.
  resync_id         TEXT,
  is_resync_over    INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE INDEX machine_by_hostname ON machine (hostname);

CREATE TABLE machine_label (
  label       TEXT    NOT NULL COLLATE NOCASE,
  machine_no  INTEGER NOT NULL REFERENCES machine,
  PRIMARY KEY (label, machine_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX machine_label_by_machine ON machine_label (machine_no);

-- A volume of one machine: a stream leads to its machine through it.
CREATE TABLE volume (
  volume_no     INTEGER PRIMARY KEY,
  machine_no    INTEGER NOT NULL REFERENCES machine,
  volume_id     TEXT    NOT NULL COLLATE NOCASE,
  is_writable   INTEGER,          -- NULL: no scan has told yet
  confirmed_at  INTEGER,          -- last complete scan: every stream not gone was there then
  UNIQUE (machine_no, volume_id)
) STRICT;

-- The dictionaries. A folder ends with its separator: folder and file name joined are the path.
CREATE TABLE folder (
  folder_no  INTEGER PRIMARY KEY,
  path       TEXT NOT NULL COLLATE NOCASE,
  utf16      BLOB
) STRICT;

CREATE INDEX folder_by_path ON folder (path);

CREATE TABLE file_name (
  name_no  INTEGER PRIMARY KEY,
  name     TEXT NOT NULL COLLATE NOCASE,
  utf16    BLOB
) STRICT;

CREATE INDEX file_name_by_name ON file_name (name);

CREATE TABLE stream_name (
  stream_name_no  INTEGER PRIMARY KEY,
  name            TEXT NOT NULL COLLATE NOCASE,
  utf16           BLOB NOT NULL UNIQUE CHECK (length(utf16) >= 2)  -- never the unnamed stream
) STRICT;

-- Host URLs, whole or up to a last part that is the carrier's own name. Found by hash (32 bits of the exact
-- text), never searched inside: a host URL is searched by its host.
CREATE TABLE host_url (
  host_url_no  INTEGER PRIMARY KEY,
  hash         INTEGER NOT NULL,
  url          ANY     NOT NULL       -- TEXT where that is exact, else BLOB of UTF-16LE
) STRICT;

CREATE INDEX host_url_by_hash ON host_url (hash);

CREATE TABLE referrer (
  referrer_no  INTEGER PRIMARY KEY,
  hash         INTEGER NOT NULL,
  url          TEXT    NOT NULL COLLATE NOCASE,
  utf16        BLOB
) STRICT;

CREATE INDEX referrer_by_hash ON referrer (hash);

-- Substrings of the dictionaries, three letters at a time. rowid is the dictionary's own number.
CREATE VIRTUAL TABLE folder_text USING fts5 (
  path, content = '', detail = none, columnsize = 0, tokenize = 'trigram');
CREATE VIRTUAL TABLE file_name_text USING fts5 (
  name, content = '', detail = none, columnsize = 0, tokenize = 'trigram');
CREATE VIRTUAL TABLE referrer_text USING fts5 (
  url, content = '', detail = none, columnsize = 0, tokenize = 'trigram');

-- All that has few values, combined. Conditions on these are answered here, and their exact totals too.
-- `definition` is the exact combination as JSON (which escapes unpaired surrogates); see class-definition.ts.
CREATE TABLE class (
  class_no        INTEGER PRIMARY KEY,
  definition      TEXT    NOT NULL UNIQUE,
  stream_name_no  INTEGER NOT NULL REFERENCES stream_name,
  kind            TEXT    NOT NULL COLLATE NOCASE CHECK (kind IN ('file', 'directory')),
  extension       TEXT    NOT NULL COLLATE NOCASE,   -- of the carrier, lower case, no dot; '' for none
  verdict         TEXT    NOT NULL COLLATE NOCASE,
  rule            TEXT    NOT NULL COLLATE NOCASE,
  zone            INTEGER,
  host            TEXT    COLLATE NOCASE,            -- of the host URL
  writer          TEXT    COLLATE NOCASE,
  tally_no        INTEGER NOT NULL REFERENCES tally,
  item_count      INTEGER NOT NULL DEFAULT 0,
  live_count      INTEGER NOT NULL DEFAULT 0         -- streams that are not gone
) STRICT;

-- Verdict and zone together, and how many live streams of each a machine has: facets by machine.
CREATE TABLE tally (
  tally_no  INTEGER PRIMARY KEY,
  verdict   TEXT    NOT NULL COLLATE NOCASE,
  zone      INTEGER
) STRICT;

CREATE TABLE machine_tally (
  machine_no  INTEGER NOT NULL REFERENCES machine,
  tally_no    INTEGER NOT NULL REFERENCES tally,
  live_count  INTEGER NOT NULL,
  PRIMARY KEY (machine_no, tally_no)
) STRICT, WITHOUT ROWID;

-- A stream as it is, whichever machine has it.
CREATE TABLE item (
  item_no             INTEGER PRIMARY KEY,
  class_no            INTEGER NOT NULL REFERENCES class,
  folder_no           INTEGER NOT NULL REFERENCES folder,
  name_no             INTEGER NOT NULL REFERENCES file_name,
  fingerprint         INTEGER NOT NULL,  -- 32 bits of all other columns but live_count: to find it again
  size_bytes          INTEGER NOT NULL,
  allocated_bytes     INTEGER NOT NULL,
  is_resident         INTEGER NOT NULL,
  sha256              BLOB,              -- NULL: content could not be read
  host_url_no         INTEGER,           -- NULL: none
  ends_with_name      INTEGER NOT NULL,  -- 1: the host URL is that text and then the carrier's file name
  referrer_no         INTEGER,
  host_ip             TEXT,              -- JSON
  links_json          TEXT,              -- NULL where the only link is the path
  live_count          INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX item_by_carrier ON item (name_no, folder_no, fingerprint);
CREATE INDEX item_by_folder  ON item (folder_no);
CREATE INDEX item_by_class   ON item (class_no);
CREATE INDEX item_by_sha256  ON item (substr(sha256, 1, 4)) WHERE sha256 IS NOT NULL;
CREATE INDEX item_by_referrer ON item (referrer_no) WHERE referrer_no IS NOT NULL;

-- One row per stream that was ever reported; the same row when a stream that was gone comes back. stream_id goes
-- up with the time of the first report. What tells a stream of a machine: volume, identity, name.
CREATE TABLE stream (
  stream_id       INTEGER PRIMARY KEY,
  volume_no       INTEGER NOT NULL REFERENCES volume,
  identity        ANY     NOT NULL,  -- INTEGER where it can be, see identity-code.ts; else TEXT as reported
  stream_name_no  INTEGER NOT NULL REFERENCES stream_name,
  item_no         INTEGER NOT NULL REFERENCES item,
  modified_at     ANY     NOT NULL,  -- INTEGER where it can be, see timestamp-code.ts; else TEXT as reported
  seen_at         INTEGER,           -- last change after the first report; of a gone stream: last seen
  gone_at         INTEGER,
  UNIQUE (volume_no, identity, stream_name_no)
) STRICT;

CREATE INDEX stream_by_item ON stream (item_no);
CREATE INDEX stream_by_gone ON stream (gone_at) WHERE gone_at IS NOT NULL;

-- When streams were first seen: those from first_stream_id on, up to the next row, at seen_at (to the second).
CREATE TABLE first_seen (
  first_stream_id  INTEGER PRIMARY KEY,
  seen_at          INTEGER NOT NULL
) STRICT;

CREATE INDEX first_seen_by_time ON first_seen (seen_at);
