-- Format 3: which folder of a vault it is, not only its name; and what a vault had and has lost, so
-- that it is named when the library loses it too.

-- What tells the folder from any other of its name: everything safe in it was shown to lie in this one.
-- NULL: nobody looked, or it was another one meanwhile.
ALTER TABLE folder ADD COLUMN mark INTEGER;
-- How often something was shown to lie in it: a look that took longer does not overwrite what it did
-- not see.
ALTER TABLE folder ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;

-- Files of a vault that are not what their records say: not to be known by a record, however often it
-- is read, until somebody has read their bytes.
CREATE TABLE damaged (
    vault INTEGER NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (vault, path)
) WITHOUT ROWID;

ALTER TABLE resource ADD COLUMN lost INTEGER; -- 1: the vault had these bytes, and has lost them
ALTER TABLE shelf ADD COLUMN lost INTEGER;
