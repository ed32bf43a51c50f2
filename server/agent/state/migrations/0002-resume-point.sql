-- Deltas are counted within an epoch, and what was sent and not acknowledged is kept: when central says after a
-- break up to where it has them, those are booked as acknowledged and not sent again.
ALTER TABLE inventory ADD COLUMN epoch TEXT NOT NULL DEFAULT '';
UPDATE inventory SET epoch = lower(hex(randomblob(16)));

CREATE TABLE in_flight (
  sequence  INTEGER PRIMARY KEY,
  entries   TEXT NOT NULL      -- JSON: [stream_id, revision, digest or null for gone] of each row
) STRICT;

-- What central has acknowledged is gone through where its copy differs.
CREATE INDEX stream_acknowledged ON stream (stream_id) WHERE acked_digest IS NOT NULL;
