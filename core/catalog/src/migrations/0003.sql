-- Format 3: which folder of a vault it is, not only its name; and what a vault had and has lost, so
-- that it is named when the library loses it too.

-- What tells the folder from any other of its name: everything safe in it was shown to lie in this one.
-- NULL: nobody looked, or it was another one meanwhile.
ALTER TABLE folder ADD COLUMN mark INTEGER;

ALTER TABLE resource ADD COLUMN lost INTEGER; -- 1: the vault had these bytes, and has lost them
ALTER TABLE shelf ADD COLUMN lost INTEGER;
