-- Format 4: what tells whether a segment of records that was read is still as it was.

-- The vault's mark of it when it was read. NULL: not known; it is looked at again, once.
ALTER TABLE segment ADD COLUMN mark INTEGER;
