-- Format 6: what lies in the place of what is damaged: those bytes are there, whatever the records say.
ALTER TABLE damaged ADD COLUMN lies BLOB; -- NULL: not known
CREATE INDEX damaged_lies ON damaged (vault, lies) WHERE lies IS NOT NULL;
