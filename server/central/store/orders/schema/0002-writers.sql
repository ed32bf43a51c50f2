-- Who is behind an order whose author is a rule: they wrote it, so none of them can be the second person.
ALTER TABLE strip_order ADD COLUMN writers_json TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(writers_json));
