//! What SQLite's errors mean, and that a failed write leaves everything as it was.

use super::assert_counted;
use super::support::{Home, photo};
use crate::{CatalogError, Kind};
use keepsake_machine::stage::Stage;
use rusqlite::{Connection, ffi};
use std::path::Path;
use std::time::Duration;

#[test]
fn every_error_names_the_file_and_only_damage_is_damage() {
    let cases = [
        (ffi::SQLITE_CORRUPT, Kind::Damaged),
        (ffi::SQLITE_CORRUPT_INDEX, Kind::Damaged),
        (ffi::SQLITE_NOTADB, Kind::Damaged),
        (ffi::SQLITE_FULL, Kind::Full),
        (ffi::SQLITE_BUSY, Kind::Busy),
        (ffi::SQLITE_BUSY_RECOVERY, Kind::Busy),
        (ffi::SQLITE_LOCKED, Kind::Busy),
        (ffi::SQLITE_PROTOCOL, Kind::Busy),
        (ffi::SQLITE_PERM, Kind::Denied),
        (ffi::SQLITE_READONLY, Kind::Denied),
        (ffi::SQLITE_READONLY_DIRECTORY, Kind::Denied),
        (ffi::SQLITE_CANTOPEN, Kind::Denied),
        (ffi::SQLITE_AUTH, Kind::Denied),
        (ffi::SQLITE_IOERR, Kind::Disk),
        (ffi::SQLITE_IOERR_WRITE, Kind::Disk),
        (ffi::SQLITE_IOERR_FSYNC, Kind::Disk),
        (ffi::SQLITE_IOERR_CORRUPTFS, Kind::Disk),
        (ffi::SQLITE_ERROR, Kind::Internal),
        (ffi::SQLITE_CONSTRAINT, Kind::Internal),
    ];
    for (code, kind) in cases {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        let error = CatalogError::of(Path::new("/state/catalog.db"), &error);
        assert_eq!(error.kind(), kind, "{code}");
        assert_eq!(error.is_full(), kind == Kind::Full);
        assert!(error.to_string().contains("/state/catalog.db"), "{error}");
    }
}

#[test]
fn a_write_while_another_program_writes_is_busy_and_goes_through_afterwards() {
    let mut home = Home::new();
    home.scan(&[photo("a")]);
    home.catalog.reader.connection.busy_timeout(Duration::ZERO).unwrap();
    let other = Connection::open(home.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = home.catalog.probe().unwrap_err();
    assert_eq!(error.kind(), Kind::Busy, "{error}");
    assert_counted(&home.catalog);
    other.execute_batch("ROLLBACK").unwrap();
    home.persist("a", Stage::BackedUp);
    assert_counted(&home.catalog);
}

#[test]
fn a_write_that_fails_halfway_leaves_rows_and_counters_as_they_were() {
    let mut home = Home::new();
    home.scan(&["a", "b"].map(photo));
    home.persist("a", Stage::BackedUp);
    let before = super::rows(&home.catalog);
    let connection = &home.catalog.reader.connection;
    connection
        .execute_batch(
            "CREATE TRIGGER refusing BEFORE UPDATE ON resource WHEN NEW.stage = '\"Lost\"' \
             BEGIN SELECT RAISE(ABORT, 'refused'); END",
        )
        .unwrap();
    let changes = [("a", Stage::Closed), ("b", Stage::Lost)].map(|(local_id, stage)| {
        let resource = home.id(local_id);
        keepsake_machine::effect::Change::Stage { resource, stage }
    });
    let at = keepsake_machine::time::Elapsed(1);
    let error = home.catalog.apply(&changes, &[], true, at).unwrap_err();
    assert_eq!(error.kind(), Kind::Internal, "{error}");
    assert_eq!(super::rows(&home.catalog), before);
    assert_counted(&home.catalog);
    home.catalog.apply(&changes[..1], &[], true, at).unwrap();
    assert_counted(&home.catalog);
}

#[test]
fn a_stored_value_that_this_version_cannot_read_is_an_error_that_says_so() {
    let home = Home::new();
    let connection = &home.catalog.reader.connection;
    connection.execute_batch("INSERT INTO part VALUES ('future', '{\"Future\":1}')").unwrap();
    let error = home.catalog.parts().unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert!(error.to_string().contains("Future"), "{error}");
}
