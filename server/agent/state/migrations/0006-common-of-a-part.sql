-- What the targets of a part have in common is in the part, and a target's id is in its key only: most targets of
-- an order then differ in identity and path. Rows of before name everything themselves.
ALTER TABLE order_part ADD COLUMN common TEXT NOT NULL DEFAULT '{}';  -- JSON: fields of each of its targets
