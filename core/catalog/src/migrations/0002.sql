-- Format 2: the folders of each vault in which known files lie, so that one that is taken out of it
-- is missed without looking at every file.

CREATE TABLE folder (
    vault INTEGER NOT NULL,
    path TEXT NOT NULL,        -- below the vault; empty for the vault itself
    PRIMARY KEY (vault, path)
) WITHOUT ROWID;

INSERT OR IGNORE INTO folder (vault, path)
SELECT vault, rtrim(rtrim(path, replace(path, '/', '')), '/') FROM known;
