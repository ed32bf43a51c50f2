-- Up to where an agent's deltas are stored: a number within an epoch of the agent's choice.
ALTER TABLE machine ADD COLUMN agent_epoch TEXT;
ALTER TABLE machine ADD COLUMN agent_sequence INTEGER NOT NULL DEFAULT 0;
