-- The entries of one commit follow each other, and mostly have one answer: what is open and what a receipt is for are
-- ranges of entries, so that a batch is a row or two of each, not a row for each target.

CREATE TABLE open_range (
  first_entry_id  INTEGER PRIMARY KEY REFERENCES order_target,
  last_entry_id   INTEGER NOT NULL CHECK (last_entry_id >= first_entry_id)
) STRICT;

INSERT INTO open_range (first_entry_id, last_entry_id)
SELECT MIN(entry_id), MAX(entry_id)
FROM (SELECT entry_id, entry_id - ROW_NUMBER() OVER (ORDER BY entry_id) AS run FROM open_target)
GROUP BY run;

-- Ranges of receipts do not overlap each other, nor those that are open.
CREATE TABLE receipt_range (
  first_entry_id  INTEGER PRIMARY KEY REFERENCES order_target,
  last_entry_id   INTEGER NOT NULL CHECK (last_entry_id >= first_entry_id),
  answer_id       INTEGER NOT NULL REFERENCES answer
) STRICT;

INSERT INTO receipt_range (first_entry_id, last_entry_id, answer_id)
SELECT MIN(entry_id), MAX(entry_id), answer_id
FROM (
  SELECT entry_id, answer_id,
         entry_id - ROW_NUMBER() OVER (PARTITION BY answer_id ORDER BY entry_id) AS run
  FROM receipt
)
GROUP BY answer_id, run;

DROP TABLE open_target;
DROP TABLE receipt;

-- Bytes are kept in the commit that begins their target, whose part says when. Bounds read the rows themselves: beside those that
-- still have bytes the others are nothing, and no index is worth its row for each target.
DROP INDEX quarantine_whole;
ALTER TABLE quarantine DROP COLUMN kept_at;
