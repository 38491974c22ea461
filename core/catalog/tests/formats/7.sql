-- A catalog of format 3, as the version of 2026-11 left it: what tests/formats.rs says of it must hold
-- in every later version. Never changed; a new format gets a file of its own.
BEGIN TRANSACTION;
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
INSERT INTO "asset" VALUES(1,X'323032362F6261642E4A5047',6187538326688040146,1,71000,0,1,NULL,NULL,NULL,NULL);
INSERT INTO "asset" VALUES(2,X'323032362F636166E9',-6066438837065321647,1,120000,0,1,NULL,NULL,NULL,NULL);
INSERT INTO "asset" VALUES(3,X'323032362F636C6F75642E48454943',-8877790652738382148,1,67000,0,1,NULL,NULL,NULL,NULL);
INSERT INTO "asset" VALUES(4,X'323032362F676F6E652E4A5047',NULL,0,71000,0,1,NULL,NULL,NULL,NULL);
INSERT INTO "asset" VALUES(5,X'323032362F706169722E48454943',-8477421788709254273,1,67000,1,1,'["Summer"]','cross','exif','2026/07|pair');
INSERT INTO "asset" VALUES(6,X'323032362F7374616765642E4A5047',4336028227633335449,1,71000,0,1,NULL,NULL,NULL,NULL);
INSERT INTO "asset" VALUES(7,X'323032362F776169742E4A5047',-2981960839419459423,1,71000,0,1,NULL,NULL,NULL,NULL);
CREATE TABLE counter (
    key TEXT PRIMARY KEY NOT NULL,
    items INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    estimated INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "counter" VALUES('"Assets"',6,0,0);
INSERT INTO "counter" VALUES('{"Class":"BackedUp"}',1,1000,0);
INSERT INTO "counter" VALUES('{"Class":"Closed"}',1,1000,0);
INSERT INTO "counter" VALUES('{"Class":"Duplicate"}',1,1000,0);
INSERT INTO "counter" VALUES('{"Class":"Pending"}',3,2000,1);
INSERT INTO "counter" VALUES('{"Class":{"Quarantined":"Crashed"}}',1,1000,0);
INSERT INTO "counter" VALUES('{"Class":{"Waiting":{"Failed":"UploadFailed"}}}',1,1000,0);
INSERT INTO "counter" VALUES('{"Lane":2}',1,0,0);
INSERT INTO "counter" VALUES('{"Lane":480}',1,0,0);
INSERT INTO "counter" VALUES('{"Lane":481}',1,0,0);
INSERT INTO "counter" VALUES('{"ToDo":{"media":"Photo","locality":"Cloud","digest_known":false}}',1,0,1);
INSERT INTO "counter" VALUES('{"ToDo":{"media":"Photo","locality":"Local","digest_known":false}}',1,1000,0);
INSERT INTO "counter" VALUES('{"ToDo":{"media":"Photo","locality":"Local","digest_known":true}}',2,2000,0);
INSERT INTO "counter" VALUES('{"Waits":481}',1,0,0);
CREATE TABLE folder (
    vault INTEGER NOT NULL,
    path TEXT NOT NULL,        -- below the vault; empty for the vault itself
    mark INTEGER,
    shown INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (vault, path)
) WITHOUT ROWID;
INSERT INTO "folder" VALUES(1,'2026/07',-2,1);
CREATE TABLE damaged (
    vault INTEGER NOT NULL,
    path TEXT NOT NULL,
    sha256 BLOB NOT NULL, -- empty: of an older format, which did not say whose bytes
    lies BLOB, -- NULL: not known
    PRIMARY KEY (vault, path, sha256)
) WITHOUT ROWID;
INSERT INTO "damaged" VALUES(1,'2026/07/rotten.JPG',X'58555A5A4B545A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A',X'53555C4B4A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A');
CREATE TABLE let_go (
    vault INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (vault, sha256)
) WITHOUT ROWID;
CREATE TABLE known (
    id INTEGER PRIMARY KEY NOT NULL,
    vault INTEGER NOT NULL,
    size INTEGER NOT NULL,
    head INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    path TEXT NOT NULL
);
INSERT INTO "known" VALUES(1,1,1000,5860402874451384922,X'5154555D545A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A','2026/07/known.JPG');
CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('device','0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f');
INSERT INTO "meta" VALUES('run',1);
INSERT INTO "meta" VALUES('scan_token',X'637572736F72');
INSERT INTO "meta" VALUES('seed',-1);
INSERT INTO "meta" VALUES('vault',1);
CREATE TABLE part (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "part" VALUES('clock','{"Clock":{"elapsed":0,"last":null}}');
INSERT INTO "part" VALUES('user_hold','{"UserHold":true}');
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
    faulty INTEGER,            -- 1: quarantined
    lost INTEGER
);
INSERT INTO "resource" VALUES(1,1,X'323032362F6261642E4A5047',1,0,0,0,NULL,1000,1,71000,X'6261642E4A5047',1,X'1816181C1548474A1430362D5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A',NULL,1000,0,'{"Quarantined":"Crashed"}',NULL,NULL,NULL,NULL,NULL,NULL,1,NULL);
INSERT INTO "resource" VALUES(2,2,X'323032362F636166E9',1,0,0,0,NULL,1000,1,120000,X'78',1,NULL,NULL,NULL,0,'"Discovered"',NULL,NULL,480,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "resource" VALUES(3,3,X'323032362F636C6F75642E48454943',1,0,1,0,1,12000000,1,67000,X'636C6F75642E48454943',1,NULL,NULL,NULL,0,'"Discovered"',NULL,NULL,2,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "resource" VALUES(4,4,X'323032362F676F6E652E4A5047',1,0,0,0,NULL,1000,1,71000,X'676F6E652E4A5047',1,NULL,NULL,NULL,1,'"Closed"',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "resource" VALUES(5,5,X'323032362F706169722E48454943',1,0,0,0,NULL,1000,1,67000,X'706169722E48454943',1,X'1816181C1556474F58142E2B2F295A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A',NULL,1000,0,'"BackedUp"',500,'2026/07/pair.HEIC',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "resource" VALUES(6,5,X'323032362F706169722E4D4F56',9,0,0,0,NULL,1000,1,67000,X'706169722E4D4F56',1,X'1816181C1556474F581433353C5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A',NULL,1000,0,'"Duplicate"',700,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "resource" VALUES(7,6,X'323032362F7374616765642E4A5047',1,0,0,0,NULL,1000,1,71000,X'7374616765642E4A5047',1,X'1816181C15595A474D4B4A1430362D5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A',NULL,1000,0,'{"Uploading":{"bytes":{"Staged":1000}}}',NULL,NULL,481,NULL,NULL,1000,NULL,NULL);
INSERT INTO "resource" VALUES(8,7,X'323032362F776169742E4A5047',1,0,0,0,NULL,1000,1,71000,X'776169742E4A5047',1,X'1816181C155D474F5A1430362D5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A',NULL,1000,0,'{"Waiting":{"due":9000,"attempt":2,"wasted":77,"why":{"Failed":"UploadFailed"},"bytes":"InLibrary"}}',NULL,NULL,NULL,481,9000,NULL,NULL,1);
CREATE TABLE segment (
    vault INTEGER NOT NULL,
    name TEXT NOT NULL, mark INTEGER,
    PRIMARY KEY (vault, name)
) WITHOUT ROWID;
INSERT INTO "segment" VALUES(1,'segment-1',-2);
CREATE TABLE setting (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "setting" VALUES('colour','blue');
CREATE TABLE shelf (
    vault INTEGER NOT NULL,
    resource INTEGER NOT NULL,
    version INTEGER NOT NULL,  -- what the stage is about
    stage TEXT NOT NULL,
    confirmed INTEGER,
    path TEXT,
    lost INTEGER,
    PRIMARY KEY (vault, resource)
) WITHOUT ROWID;
INSERT INTO "shelf" VALUES(1,1,1,'{"Quarantined":"Crashed"}',NULL,NULL,NULL);
INSERT INTO "shelf" VALUES(1,4,1,'"Closed"',NULL,NULL,NULL);
INSERT INTO "shelf" VALUES(1,5,1,'"BackedUp"',500,NULL,NULL);
INSERT INTO "shelf" VALUES(1,6,1,'"Duplicate"',700,NULL,NULL);
INSERT INTO "shelf" VALUES(1,7,1,'"Discovered"',NULL,NULL,NULL);
INSERT INTO "shelf" VALUES(1,8,1,'{"Waiting":{"due":9000,"attempt":2,"wasted":77,"why":{"Failed":"UploadFailed"},"bytes":"InLibrary"}}',NULL,NULL,1);
INSERT INTO "shelf" VALUES(2,4,1,'"Closed"',NULL,NULL,NULL);
INSERT INTO "shelf" VALUES(2,7,1,'"Discovered"',NULL,NULL,NULL);
CREATE TABLE shelf_placement (
    vault INTEGER NOT NULL,
    asset INTEGER NOT NULL,
    placement TEXT NOT NULL,
    PRIMARY KEY (vault, asset)
) WITHOUT ROWID;
CREATE TABLE token (
    vault INTEGER NOT NULL,
    resource INTEGER NOT NULL,
    token BLOB NOT NULL,
    PRIMARY KEY (vault, resource)
) WITHOUT ROWID;
INSERT INTO "token" VALUES(1,7,X'746F6B656E');
CREATE TABLE tombstone (
    vault INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (vault, sha256)
) WITHOUT ROWID;
INSERT INTO "tombstone" VALUES(1,X'4A4B474A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A',1000);
CREATE TABLE transfer (resource INTEGER PRIMARY KEY NOT NULL);
INSERT INTO "transfer" VALUES(7);
CREATE TABLE vault (
    id INTEGER PRIMARY KEY NOT NULL,
    identity BLOB NOT NULL UNIQUE,
    place TEXT NOT NULL
);
INSERT INTO "vault" VALUES(1,X'07070707070707070707070707070707','/vault');
INSERT INTO "vault" VALUES(2,X'08080808080808080808080808080808','/other');
CREATE INDEX asset_in_order ON asset (local_id, print);
CREATE INDEX resource_of_asset ON resource (asset);
CREATE INDEX resource_by_age ON resource (taken);
CREATE INDEX resource_to_do ON resource (lane, taken) WHERE lane IS NOT NULL;
CREATE INDEX resource_waiting ON resource (waits, due) WHERE waits IS NOT NULL;
CREATE INDEX resource_confirmed ON resource (confirmed) WHERE confirmed IS NOT NULL;
CREATE INDEX resource_staged ON resource (staged) WHERE staged IS NOT NULL;
CREATE INDEX resource_faulty ON resource (faulty) WHERE faulty IS NOT NULL;
CREATE INDEX damaged_lies ON damaged (vault, lies) WHERE lies IS NOT NULL;
CREATE INDEX known_by_bytes ON known (vault, size, head, path);
COMMIT;
PRAGMA user_version = 7;
PRAGMA application_id = 1264936304;
