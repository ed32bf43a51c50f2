-- Scopes: accounts, tokens and saved queries that are bound to machine labels. A JSON array of labels; NULL: all machines.
ALTER TABLE user_account ADD COLUMN scope_json TEXT CHECK (json_valid(scope_json));
ALTER TABLE api_token    ADD COLUMN scope_json TEXT CHECK (json_valid(scope_json));
ALTER TABLE saved_query  ADD COLUMN scope_json TEXT CHECK (json_valid(scope_json));

-- One row: goes up with every change of a machine's labels, whoever makes it. What was worked out from labels holds as long
-- as this is the same.
CREATE TABLE label_version (
  row_no   INTEGER PRIMARY KEY CHECK (row_no = 1),
  version  INTEGER NOT NULL
) STRICT;
INSERT INTO label_version VALUES (1, 0);

CREATE TRIGGER machine_label_added AFTER INSERT ON machine_label BEGIN
  UPDATE label_version SET version = version + 1;
END;
CREATE TRIGGER machine_label_removed AFTER DELETE ON machine_label BEGIN
  UPDATE label_version SET version = version + 1;
END;
CREATE TRIGGER machine_label_changed AFTER UPDATE ON machine_label BEGIN
  UPDATE label_version SET version = version + 1;
END;
