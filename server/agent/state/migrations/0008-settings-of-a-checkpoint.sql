-- What the scan behind a checkpoint left out is told by no journal. Empty: not known, which no settings are.
ALTER TABLE checkpoint ADD COLUMN settings TEXT NOT NULL DEFAULT '';  -- digest of the settings it was taken under
