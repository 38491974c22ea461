-- Format 1. Whole numbers that can be 64 bits without sign (versions, seeds) are stored as the
-- signed number with the same bits. Codes of enumerations are in codes.rs.

-- One value each: device, seed, run, vault (the active one), scan_token.
CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value NOT NULL) WITHOUT ROWID;

-- The engine's small values, and the parts of the session (JSON), by name.
CREATE TABLE setting (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE part (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE vault (
    id INTEGER PRIMARY KEY NOT NULL,
    identity BLOB NOT NULL UNIQUE,
    place TEXT NOT NULL
);

CREATE TABLE asset (
    id INTEGER PRIMARY KEY NOT NULL,
    local_id BLOB NOT NULL,
    print INTEGER,             -- of what the last scan saw; NULL: look at it closely next time
    present INTEGER NOT NULL,  -- 0: a complete scan with full access did not see it
    taken INTEGER NOT NULL,
    favourite INTEGER NOT NULL,
    chosen INTEGER NOT NULL,
    albums TEXT,               -- a JSON list; NULL: in none
    cross_id TEXT,
    captured TEXT,
    placement TEXT             -- in the active vault
);
-- What an unchanged scan reads, and all that it reads.
CREATE INDEX asset_in_order ON asset (local_id, print);

CREATE TABLE resource (
    id INTEGER PRIMARY KEY NOT NULL,
    asset INTEGER NOT NULL,
    local_id BLOB NOT NULL UNIQUE,
    role INTEGER NOT NULL,
    media INTEGER NOT NULL,
    locality INTEGER NOT NULL,
    access INTEGER NOT NULL,
    size_class INTEGER,        -- NULL: size is exact bytes; else size is what bytes are learned by
    size INTEGER NOT NULL,
    version INTEGER NOT NULL,
    taken INTEGER NOT NULL,    -- the asset's
    name BLOB NOT NULL,
    modified INTEGER,
    sha256 BLOB,               -- of this version
    md5 BLOB,
    digest_size INTEGER,
    sight INTEGER NOT NULL,    -- 0 in the library, 1 gone, 2 out of sight
    -- In the active vault:
    stage TEXT NOT NULL,       -- JSON
    confirmed INTEGER,         -- safe ones: when the vault last showed it
    path TEXT,
    -- Told by the columns above, for the indexes:
    lane INTEGER,              -- pending ones: see lane.rs
    waits INTEGER,             -- waiting ones: the lane they will be in
    due INTEGER,               -- waiting ones; the largest number waits for a condition
    staged INTEGER,            -- bytes in our staging
    faulty INTEGER             -- 1: quarantined
);
CREATE INDEX resource_of_asset ON resource (asset);
CREATE INDEX resource_by_age ON resource (taken);
CREATE INDEX resource_to_do ON resource (lane, taken) WHERE lane IS NOT NULL;
CREATE INDEX resource_waiting ON resource (waits, due) WHERE waits IS NOT NULL;
CREATE INDEX resource_confirmed ON resource (confirmed) WHERE confirmed IS NOT NULL;
CREATE INDEX resource_staged ON resource (staged) WHERE staged IS NOT NULL;
CREATE INDEX resource_faulty ON resource (faulty) WHERE faulty IS NOT NULL;

-- What the active vault's columns were when another vault became active.
CREATE TABLE shelf (
    vault INTEGER NOT NULL,
    resource INTEGER NOT NULL,
    version INTEGER NOT NULL,  -- what the stage is about
    stage TEXT NOT NULL,
    confirmed INTEGER,
    path TEXT,
    PRIMARY KEY (vault, resource)
) WITHOUT ROWID;
CREATE TABLE shelf_placement (
    vault INTEGER NOT NULL,
    asset INTEGER NOT NULL,
    placement TEXT NOT NULL,
    PRIMARY KEY (vault, asset)
) WITHOUT ROWID;

-- Exact sums over the resources, kept with every change. The key is JSON: see tallies.rs.
CREATE TABLE counter (
    key TEXT PRIMARY KEY NOT NULL,
    items INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    estimated INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE token (
    vault INTEGER NOT NULL,
    resource INTEGER NOT NULL,
    token BLOB NOT NULL,
    PRIMARY KEY (vault, resource)
) WITHOUT ROWID;
CREATE TABLE transfer (resource INTEGER PRIMARY KEY NOT NULL);

-- What vaults are known to hold. Rows are appended; the index is small, so that learning a digest
-- dirties few pages: `head` is the first eight bytes of the SHA-256.
CREATE TABLE known (
    id INTEGER PRIMARY KEY NOT NULL,
    vault INTEGER NOT NULL,
    size INTEGER NOT NULL,
    head INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    path TEXT NOT NULL
);
CREATE INDEX known_by_size ON known (vault, size, head);
CREATE TABLE tombstone (
    vault INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (vault, sha256)
) WITHOUT ROWID;
CREATE TABLE segment (
    vault INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (vault, name)
) WITHOUT ROWID;
