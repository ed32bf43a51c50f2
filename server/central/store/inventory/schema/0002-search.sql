-- What searches need beside what is stored: the classes once more, split in two, because hosts are many. A family
-- is a class without its host: there are some hundreds, so that a query that does not ask for hosts is counted
-- exactly by reading them. All of it is kept by triggers: whoever writes classes need not know of it.

CREATE TABLE family (
  family_no       INTEGER PRIMARY KEY,
  stream_name_no  INTEGER NOT NULL REFERENCES stream_name,
  kind            TEXT    NOT NULL COLLATE NOCASE,
  extension       TEXT    NOT NULL COLLATE NOCASE,
  verdict         TEXT    NOT NULL COLLATE NOCASE,
  rule            TEXT    NOT NULL COLLATE NOCASE,
  zone            INTEGER,
  writer          TEXT    COLLATE NOCASE,
  class_count     INTEGER NOT NULL DEFAULT 0,
  item_count      INTEGER NOT NULL DEFAULT 0,
  live_count      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX family_by_name ON family (stream_name_no, extension, rule);

-- Number 0 is "no host": so every class has one.
CREATE TABLE host (
  host_no      INTEGER PRIMARY KEY,
  host         TEXT    UNIQUE COLLATE NOCASE,
  class_count  INTEGER NOT NULL DEFAULT 0,
  item_count   INTEGER NOT NULL DEFAULT 0,
  live_count   INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO host (host_no, host) VALUES (0, NULL);

CREATE TABLE class_key (
  class_no   INTEGER PRIMARY KEY REFERENCES class,
  family_no  INTEGER NOT NULL REFERENCES family,
  host_no    INTEGER NOT NULL REFERENCES host
) STRICT;

CREATE INDEX class_key_by_family ON class_key (family_no, class_no);
CREATE INDEX class_key_by_host   ON class_key (host_no, class_no);

CREATE TRIGGER class_is_new AFTER INSERT ON class BEGIN
  INSERT INTO family (stream_name_no, kind, extension, verdict, rule, zone, writer)
    SELECT new.stream_name_no, new.kind, new.extension, new.verdict, new.rule, new.zone, new.writer
    WHERE NOT EXISTS (
      SELECT 1 FROM family AS f
      WHERE f.stream_name_no = new.stream_name_no AND f.kind = new.kind AND f.extension = new.extension
        AND f.verdict = new.verdict AND f.rule = new.rule AND f.zone IS new.zone AND f.writer IS new.writer);
  INSERT OR IGNORE INTO host (host) SELECT new.host WHERE new.host IS NOT NULL;
  INSERT INTO class_key (class_no, family_no, host_no) VALUES (
    new.class_no,
    (SELECT f.family_no FROM family AS f
     WHERE f.stream_name_no = new.stream_name_no AND f.kind = new.kind AND f.extension = new.extension
       AND f.verdict = new.verdict AND f.rule = new.rule AND f.zone IS new.zone AND f.writer IS new.writer),
    ifnull((SELECT h.host_no FROM host AS h WHERE h.host = new.host), 0));
  UPDATE family SET class_count = class_count + 1
    WHERE family_no = (SELECT k.family_no FROM class_key AS k WHERE k.class_no = new.class_no);
  UPDATE host SET class_count = class_count + 1
    WHERE host_no = (SELECT k.host_no FROM class_key AS k WHERE k.class_no = new.class_no);
END;

CREATE TRIGGER class_is_counted AFTER UPDATE OF item_count, live_count ON class BEGIN
  UPDATE family SET
      item_count = item_count + new.item_count - old.item_count,
      live_count = live_count + new.live_count - old.live_count
    WHERE family_no = (SELECT k.family_no FROM class_key AS k WHERE k.class_no = new.class_no);
  UPDATE host SET
      item_count = item_count + new.item_count - old.item_count,
      live_count = live_count + new.live_count - old.live_count
    WHERE host_no = (SELECT k.host_no FROM class_key AS k WHERE k.class_no = new.class_no);
END;

-- Few bytes for each item, and a range of sizes is no walk over all of them.
CREATE INDEX item_by_size ON item (size_bytes);
