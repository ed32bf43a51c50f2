-- Orders live in orders.sqlite, with a schema of its own; move-orders.ts has copied them there before this runs.
DROP TABLE order_target;
DROP TABLE strip_order;

-- 1: an orders.sqlite belongs to this file, too.
ALTER TABLE inventory ADD COLUMN has_orders INTEGER NOT NULL DEFAULT 0 CHECK (has_orders IN (0, 1));

-- One row each. What of orders.sqlite's audit events is in the audit log, and when orders need a second person.
CREATE TABLE order_audit (
  only_row       INTEGER PRIMARY KEY CHECK (only_row = 1),
  last_event_no  INTEGER NOT NULL
) STRICT;

INSERT INTO order_audit VALUES (1, 0);

CREATE TABLE order_policy (
  only_row     INTEGER PRIMARY KEY CHECK (only_row = 1),
  policy_json  TEXT    NOT NULL CHECK (json_valid(policy_json))
) STRICT;
