-- Format 5: what is damaged is these bytes at this path; something else may lie there, and be right.
ALTER TABLE damaged RENAME TO damaged_4;
CREATE TABLE damaged (
    vault INTEGER NOT NULL,
    path TEXT NOT NULL,
    sha256 BLOB NOT NULL, -- empty: of an older format, which did not say whose bytes
    PRIMARY KEY (vault, path, sha256)
) WITHOUT ROWID;
INSERT INTO damaged SELECT vault, path, x'' FROM damaged_4;
DROP TABLE damaged_4;
