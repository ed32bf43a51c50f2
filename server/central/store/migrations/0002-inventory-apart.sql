-- What agents report lives in inventory.sqlite, with a schema of its own; move-inventory.ts has copied it there before
-- this runs.

-- The same without a reference to `stream`: stream_id is its number in the inventory.
CREATE TABLE order_target_apart (
  target_no          INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id          TEXT    NOT NULL UNIQUE CHECK (length(target_id) = 36),
  order_no           INTEGER NOT NULL REFERENCES strip_order,
  machine_no         INTEGER NOT NULL REFERENCES machine,
  stream_id          INTEGER NOT NULL,
  stripped_target_id TEXT    REFERENCES order_target_apart (target_id),
  volume_id          TEXT    NOT NULL,
  identity           TEXT    NOT NULL,
  path_utf16         BLOB    NOT NULL,
  stream_name_utf16  BLOB    NOT NULL CHECK (length(stream_name_utf16) >= 2),
  size_bytes         INTEGER NOT NULL CHECK (size_bytes >= 0),
  sha256             TEXT    NOT NULL CHECK (length(sha256) = 64),
  state              TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN
    ('queued', 'sent', 'cancelled', 'done', 'gone', 'changed', 'in-use', 'denied', 'refused', 'failed')),
  reason             TEXT    NOT NULL DEFAULT '',
  receipt_at         TEXT                                -- RFC 3339 by the machine's clock
) STRICT;

INSERT INTO order_target_apart SELECT * FROM order_target ORDER BY target_no;
DROP TABLE order_target;
ALTER TABLE order_target_apart RENAME TO order_target;

CREATE INDEX order_target_by_order    ON order_target (order_no, state);
CREATE INDEX order_target_open        ON order_target (machine_no, target_no) WHERE state IN ('queued', 'sent');
CREATE INDEX order_target_by_stream   ON order_target (stream_id);
CREATE INDEX order_target_by_stripped ON order_target (stripped_target_id) WHERE stripped_target_id IS NOT NULL;

DROP TABLE stream;
DROP TABLE volume;

ALTER TABLE machine DROP COLUMN stream_count;
ALTER TABLE machine DROP COLUMN mark_count;
ALTER TABLE machine DROP COLUMN suspicious_count;
ALTER TABLE machine DROP COLUMN digest;
ALTER TABLE machine DROP COLUMN resync_id;
ALTER TABLE machine DROP COLUMN resync_no;

-- One row: which inventory.sqlite belongs to this file. Another one would name other streams by the same numbers.
CREATE TABLE inventory (
  inventory_id  TEXT NOT NULL
) STRICT;
