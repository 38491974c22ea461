-- Format 7: whether these bytes lie at this path is one look, also where many files are equal (sidecars).
DROP INDEX known_by_size;
CREATE INDEX known_by_bytes ON known (vault, size, head, path);
