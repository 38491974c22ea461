//! Opening: new, old, newer, foreign, damaged, and what may not be opened now.
#![cfg(unix)]

mod support;

use keepsake_catalog::{Catalog, CatalogError, Identity, Kind, Reader};
use keepsake_machine::media::Run;
use keepsake_machine::stage::Stage;
use rusqlite::Connection;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Home, photo};

fn refused(path: &Path) -> CatalogError {
    match Catalog::open(path) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error,
    }
}

/// Home with 3,000 backed-up photos, closed, its WAL written into the file.
fn large() -> (tempfile::TempDir, PathBuf) {
    let mut home = Home::new();
    let library: Vec<_> = (0..3_000).map(|n| photo(&format!("{n:05}"))).collect();
    home.scan(&library);
    let file = home.file();
    let Home { folder, catalog } = home;
    drop(catalog);
    (folder, file)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_identity_is_chosen_once_and_a_runs_number_never_comes_twice() {
    let mut home = Home::new();
    let mine = Identity { device: "0a".repeat(16), seed: u64::MAX };
    assert_eq!(home.catalog.identity(mine.clone()).unwrap(), mine);
    assert_eq!(home.catalog.begin_run().unwrap(), Run(1));
    let mut home = home.reopened();
    assert_eq!(home.catalog.begin_run().unwrap(), Run(2));
    let other = Identity { device: "0b".repeat(16), seed: 1 };
    assert_eq!(home.catalog.identity(other).unwrap(), mine);
}

#[test]
fn a_newer_catalog_is_refused_by_name_and_left_as_it_is() {
    let home = Home::new();
    let file = home.file();
    let Home { folder, catalog } = home;
    drop(catalog);
    Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let before = fs::read(&file).unwrap();
    let error = refused(&file);
    assert_eq!(error.kind(), Kind::Newer);
    let text = error.to_string();
    assert!(
        text.contains("catalog.db") && text.contains("99") && text.contains("update"),
        "{text}"
    );
    assert_eq!(Reader::open(&file).err().unwrap().kind(), Kind::Newer);
    assert_eq!(fs::read(&file).unwrap(), before);
    drop(folder);
}

#[test]
fn a_reader_leaves_an_older_catalog_to_the_writer() {
    let home = Home::new();
    let file = home.file();
    let Home { folder, catalog } = home;
    drop(catalog);
    Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 0").unwrap();
    assert_eq!(Reader::open(&file).err().unwrap().kind(), Kind::Older);
    drop(folder);
}

#[test]
fn another_programs_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalog.db");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let before = fs::read(&file).unwrap();
    let error = refused(&file);
    assert_eq!(error.kind(), Kind::Foreign, "{error}");
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(names(folder.path()), ["catalog.db"]);
}

#[test]
fn what_is_no_database_is_set_aside_with_its_wal_and_a_fresh_one_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalog.db");
    for (place, garbage) in ["first garbage", "second garbage"].iter().enumerate() {
        fs::write(&file, garbage.repeat(1_000)).unwrap();
        fs::write(folder.path().join("catalog.db-wal"), "the wal").unwrap();
        let opened = Catalog::open(&file).unwrap();
        let aside = folder.path().join(format!("catalog.db.damaged-{}", place + 1));
        assert_eq!(opened.set_aside.as_ref(), Some(&aside));
        assert_eq!(fs::read_to_string(&aside).unwrap(), garbage.repeat(1_000));
        let wal = folder.path().join(format!("catalog.db.damaged-{}-wal", place + 1));
        assert_eq!(fs::read_to_string(wal).unwrap(), "the wal");
        assert_eq!(opened.catalog.counts().total().items, 0);
        assert_eq!(opened.catalog.active_vault().unwrap(), None);
        drop(opened);
        assert!(Catalog::open(&file).unwrap().set_aside.is_none());
    }
}

#[test]
fn damage_that_is_met_while_open_sets_it_aside_at_the_next_opening() {
    let (_folder, file) = large();
    let whole = fs::read(&file).unwrap();
    // The first pages hold the schema; what lies behind them is only met by who reads it.
    let mut bytes = whole.clone();
    let third = bytes.len() / 3;
    for byte in &mut bytes[third..] {
        *byte = 0xa5;
    }
    fs::write(&file, &bytes).unwrap();
    let catalog = Catalog::open(&file).unwrap();
    assert_eq!(catalog.set_aside, None, "not looked for at every opening");
    let catalog = catalog.catalog;
    let error = catalog.library(None, 5_000).unwrap_err();
    assert_eq!(error.kind(), Kind::Damaged, "{error}");
    drop(catalog);
    let opened = Catalog::open(&file).unwrap();
    let aside = opened.set_aside.unwrap();
    assert_eq!(fs::read(aside).unwrap().len(), bytes.len());
    assert_eq!(opened.catalog.counts().total().items, 0);
}

#[test]
fn a_catalog_that_was_only_suspected_is_kept() {
    let (folder, file) = large();
    fs::write(folder.path().join("catalog.db.suspect"), "").unwrap();
    let opened = Catalog::open(&file).unwrap();
    assert_eq!(opened.set_aside, None);
    assert_eq!(opened.catalog.counts().total().items, 3_000);
    assert!(!names(folder.path()).contains(&"catalog.db.suspect".to_owned()));
}

#[test]
fn what_is_in_the_place_of_a_catalog_is_an_error_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalog.db");
    fs::create_dir(&file).unwrap();
    assert_eq!(refused(&file).kind(), Kind::Denied);
    assert!(file.is_dir());
    let nowhere = folder.path().join("missing/catalog.db");
    assert_eq!(refused(&nowhere).kind(), Kind::Denied);
}

/// Set for the copy of this test that runs as a user who may not open the file.
const FORBIDDEN: &str = "KEEPSAKE_TEST_FORBIDDEN";

#[test]
fn a_catalog_that_may_not_be_opened_is_an_error_and_stays() {
    if let Some(file) = std::env::var_os(FORBIDDEN) {
        let error = refused(Path::new(&file));
        assert_eq!(error.kind(), Kind::Denied, "{error}");
        assert!(error.to_string().contains("permissions"), "{error}");
        return;
    }
    let (folder, file) = large();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
    let before = names(folder.path());
    let mut copy = Command::new(std::env::current_exe().unwrap());
    copy.args(["--exact", "a_catalog_that_may_not_be_opened_is_an_error_and_stays"]);
    if fs::File::open(&file).is_ok() {
        copy.uid(65_534); // we are root, whom no permission stops
    }
    let outcome = copy.env(FORBIDDEN, &file).output().unwrap();
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stdout));
    assert_eq!(names(folder.path()), before);
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(Catalog::open(&file).unwrap().catalog.counts().total().items, 3_000);
}

#[test]
fn a_reader_of_a_catalog_that_is_not_there_is_an_error_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalog.db");
    assert_eq!(Reader::open(&file).err().unwrap().kind(), Kind::Denied);
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn readers_see_the_last_transaction_and_never_block_the_writer() {
    let mut home = Home::new();
    home.scan(&["a", "b"].map(photo));
    let reader = Reader::open(&home.file()).unwrap();
    // A reader in the middle of a page of its own.
    let stale = Connection::open(home.file()).unwrap();
    stale.execute_batch("BEGIN; SELECT count(*) FROM resource").unwrap();
    home.persist("a", Stage::BackedUp);
    home.scan(&["a", "b", "c"].map(photo));
    assert_eq!(reader.counts().unwrap(), home.catalog.counts());
    assert_eq!(reader.library(None, 9).unwrap().entries.len(), 3);
    let seen: i64 = stale.query_row("SELECT count(*) FROM resource", [], |row| row.get(0)).unwrap();
    assert_eq!(seen, 2);
}

/// Set for the copy of this test that is killed.
const KILLED: &str = "KEEPSAKE_TEST_KILLED";

#[test]
fn a_kill_loses_what_was_not_committed_and_nothing_else() {
    if let Some(file) = std::env::var_os(KILLED) {
        let mut catalog = Catalog::open(Path::new(&file)).unwrap().catalog;
        catalog.activate(&support::VAULT, "/vault").unwrap();
        let mut scan = catalog.begin_scan(None);
        let library: Vec<_> = (0..3_000).map(|n| photo(&format!("{n:05}"))).collect();
        for page in library.chunks(1_000) {
            catalog.scan_page(&mut scan, page, &keepsake_catalog::UnderWay::new()).unwrap();
        }
        drop(catalog);
        let half = Connection::open(&file).unwrap();
        half.execute_batch(
            "PRAGMA cache_spill = 1; PRAGMA cache_size = 1; BEGIN IMMEDIATE; \
             UPDATE resource SET stage = '\"BackedUp\"', name = randomblob(500); DELETE FROM counter",
        )
        .unwrap();
        std::process::abort();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalog.db");
    let copy = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_kill_loses_what_was_not_committed_and_nothing_else"])
        .env(KILLED, &file)
        .output()
        .unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&copy.status), Some(6));
    let reader = Reader::open(&file).unwrap();
    assert_eq!(reader.counts().unwrap().unfinished().items, 3_000);
    let opened = Catalog::open(&file).unwrap();
    assert_eq!(opened.set_aside, None);
    let catalog = opened.catalog;
    assert_eq!(catalog.counts().unfinished().items, 3_000);
    let page = catalog.library(None, 5_000).unwrap();
    assert!(page.entries.iter().all(|entry| entry.stage == Stage::Discovered));
}
