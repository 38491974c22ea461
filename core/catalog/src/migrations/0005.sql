-- Format 5: what is damaged is these bytes at this path, since something else may lie there and be right;
-- and what the user does not miss any more.
ALTER TABLE damaged RENAME TO damaged_4;
CREATE TABLE damaged (
    vault INTEGER NOT NULL,
    path TEXT NOT NULL,
    sha256 BLOB NOT NULL, -- empty: of an older format, which did not say whose bytes
    PRIMARY KEY (vault, path, sha256)
) WITHOUT ROWID;
INSERT INTO damaged SELECT vault, path, x'' FROM damaged_4;
DROP TABLE damaged_4;

-- Bytes that neither the library nor the vault has, and that nobody is to be told of any more. No
-- tombstone: should they be seen again, they are backed up.
CREATE TABLE let_go (
    vault INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (vault, sha256)
) WITHOUT ROWID;
